//! Signatures of heads, in minisign's format, so that `minisign` and its relatives prove them too.
//!
//! What is signed is the head in hex and a line feed; the trusted comment, which the signature covers, names the head, so that a signature of
//! an earlier state can still be held against a project that went on. The key is read once and kept nowhere.

use super::{MilestoneKind, Project, ProjectError};
use crate::formats::regular::{self, OpenError};
use crate::formats::small;
use crate::review::EventHash;
use minisign::{PublicKey, PublicKeyBox, SecretKey, SecretKeyBox, SignatureBox};
use std::io::Cursor;
use std::path::{Path, PathBuf};

/// Before the head in the trusted comment.
const COMMENT: &str = "voxaudit head ";
/// Keys and signatures are a few hundred bytes.
const LARGEST: u64 = 64 * 1024;

/// `NAME.head.minisig` beside the project `NAME.voxaudit`.
pub fn signature_file(project: &Path) -> PathBuf {
    let name = project.file_name().unwrap_or_default().to_string_lossy();
    let stem = name.strip_suffix(".voxaudit").unwrap_or(&name);
    project.with_file_name(format!("{stem}.head.minisig"))
}

/// Whether a secret key must be unlocked with a password.
///
/// Errors when the file is no minisign secret key.
pub fn needs_password(key: &Path) -> Result<bool, ProjectError> {
    let text = read(key, "a minisign secret key")?;
    if SecretKeyBox::from_string(&text).is_ok_and(|b| b.into_unencrypted_secret_key().is_ok()) {
        return Ok(false);
    }
    // The second line of every secret key begins with the algorithm "Ed" and its key derivation.
    let encoded = text.lines().nth(1).unwrap_or_default();
    if encoded.starts_with("RW") && encoded.len() > 150 { Ok(true) } else { Err(unfit(key, "not a minisign secret key")) }
}

/// Signs the head that the project has now, keeps it as a milestone, and returns it with the file that holds the signature.
///
/// Errors, with no signature written, when the key cannot be read or unlocked, or the project or its folder cannot be written.
pub fn sign(project: &mut Project, key: &Path, password: Option<String>) -> Result<(EventHash, PathBuf), ProjectError> {
    let key = secret_key(key, password)?;
    let head = project.head()?;
    let hex = head.hash.hex();
    let comment = format!("{COMMENT}{hex}");
    let signed = minisign::sign(None, &key, Cursor::new(signed_text(&hex)), Some(&comment), Some("signature of a voxaudit project"));
    let text = signed.map_err(|e| ProjectError::Refused(format!("the head could not be signed: {e}")))?.into_string();
    let file = signature_file(project.path());
    small::write(&file, text.as_bytes()).map_err(ProjectError::io(&file))?;
    project.keep_head(MilestoneKind::Signature, &head)?;
    Ok((head.hash, file))
}

/// The head that the signature beside the project proves by a public key. Whether the project contains that head is for `verify` to say.
///
/// Errors when there is no signature, it is not by that key, or it is not of a head.
pub fn proven_head(project: &Path, public_key: &Path) -> Result<EventHash, ProjectError> {
    let file = signature_file(project);
    let signature =
        SignatureBox::from_string(&read(&file, "a signature")?).map_err(|e| unfit(&file, &format!("not a minisign signature: {e}")))?;
    let key = public(public_key)?;
    let comment = signature.trusted_comment().unwrap_or_default();
    let head = comment.trim().strip_prefix(COMMENT).and_then(EventHash::from_hex);
    let head = head.ok_or_else(|| unfit(&file, "its comment names no head of a voxaudit project"))?;
    minisign::verify(&key, &signature, Cursor::new(signed_text(&head.hex())), true, false, false)
        .map_err(|e| unfit(&file, &format!("the key {} does not prove it: {e}", public_key.display())))?;
    Ok(head)
}

fn signed_text(hex: &str) -> String {
    format!("{hex}\n")
}

fn secret_key(path: &Path, password: Option<String>) -> Result<SecretKey, ProjectError> {
    let text = read(path, "a minisign secret key")?;
    let boxed = || SecretKeyBox::from_string(&text).map_err(|e| unfit(path, &format!("not a minisign secret key: {e}")));
    if let Ok(key) = boxed()?.into_unencrypted_secret_key() {
        return Ok(key);
    }
    let Some(password) = password else { return Err(unfit(path, "the key needs its password")) };
    boxed()?.into_secret_key(Some(password)).map_err(|e| unfit(path, &e.to_string()))
}

/// A key file, or one that holds just the key's text.
fn public(path: &Path) -> Result<PublicKey, ProjectError> {
    let text = read(path, "a minisign public key")?;
    let boxed = PublicKeyBox::from_string(&text).and_then(PublicKeyBox::into_public_key);
    boxed.or_else(|_| PublicKey::from_base64(text.trim())).map_err(|e| unfit(path, &format!("not a minisign public key: {e}")))
}

fn read(path: &Path, what: &str) -> Result<String, ProjectError> {
    let bytes = regular::read(path, LARGEST).map_err(|e| match e {
        OpenError::Io(source) => ProjectError::Io { path: path.to_path_buf(), source },
        other => unfit(path, &format!("not {what}: {other}")),
    })?;
    String::from_utf8(bytes).map_err(|_| unfit(path, &format!("not {what}")))
}

fn unfit(path: &Path, why: &str) -> ProjectError {
    ProjectError::Refused(format!("{}: {why}", path.display()))
}
