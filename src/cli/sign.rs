//! `voxaudit sign`: signs the project's head with a minisign key.

use super::output::say;
use crate::project::{Project, signature};
use anyhow::Context;
use std::path::PathBuf;
use std::process::ExitCode;

/// Sign the head of a project (minisign), so that anybody with the public key can prove that the log was as it is now.
///
/// Writes NAME.head.minisig beside the project, over the head in hex and a line feed. `voxaudit verify --public-key F` proves it.
#[derive(clap::Args)]
#[command(after_help = "Example: voxaudit sign study.voxaudit --secret-key ~/.minisign/minisign.key")]
pub struct Args {
    /// Project file.
    project: PathBuf,
    /// Secret key, as `minisign -G` writes it.
    #[arg(long, value_name = "F")]
    secret_key: PathBuf,
    /// Environment variable that holds the key's password; without it the password is asked for on the terminal.
    #[arg(long, value_name = "VAR")]
    password_env: Option<String>,
}

pub fn run(args: &Args) -> anyhow::Result<ExitCode> {
    let password = match (&args.password_env, signature::needs_password(&args.secret_key)?) {
        (_, false) => None,
        (Some(var), true) => Some(std::env::var(var).with_context(|| format!("the environment variable {var} holds no password"))?),
        (None, true) => Some(
            rpassword::prompt_password("Password of the secret key: ")
                .context("no password was read; name a variable with --password-env")?,
        ),
    };
    let mut project = Project::open(&args.project)?;
    let (head, file) = signature::sign(&mut project, &args.secret_key, password)?;
    say(format_args!("signed: head {} in {}", head.hex(), file.display()))?;
    Ok(ExitCode::SUCCESS)
}
