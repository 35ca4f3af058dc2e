//! Where a project lies: on a file system of this machine, or on one that other machines write to as well.
//!
//! SQLite's WAL needs memory that all its users share, so it is for one machine. On a network file system a project keeps a rollback journal
//! and ordinary locks: slower, and as safe as the locks of that file system are.

use std::path::Path;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileSystem {
    #[default]
    Local,
    Network,
}

/// Says what detection cannot know: `network` or `local`.
pub const VARIABLE: &str = "VOXAUDIT_FILE_SYSTEM";

impl FileSystem {
    /// Of a file, or of the folder where it will be. What cannot be told counts as local.
    pub fn of(path: &Path) -> Self {
        if let Some(said) = std::env::var(VARIABLE).ok().and_then(|v| Self::parse(&v)) {
            return said;
        }
        let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let there = if path.exists() { path } else { folder };
        if shared(there) { Self::Network } else { Self::Local }
    }

    fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "network" => Some(Self::Network),
            "local" => Some(Self::Local),
            _ => None,
        }
    }

    /// As `status --json` says it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Network => "network",
        }
    }
}

/// `statfs` types of file systems that several machines can write to, or that a program serves (FUSE: sshfs and others).
#[cfg(target_os = "linux")]
const SHARED: [(u32, &str); 22] = [
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB 2"),
    (0x6573_5546, "FUSE, sshfs, virtiofs"),
    (0x0bd0_0bd0, "Lustre"),
    (0x4750_4653, "GPFS"),
    (0x0102_1997, "9P"),
    (0x5346_414f, "AFS"),
    (0x6b41_4653, "kAFS"),
    (0x7375_7245, "Coda"),
    (0x564c, "NCP"),
    (0x00c3_6400, "Ceph"),
    (0x0116_1970, "GFS2"),
    (0x7461_636f, "OCFS2"),
    (0x1983_0326, "BeeGFS"),
    (0x2003_0528, "OrangeFS"),
    (0x6163_6673, "ACFS"),
    (0xaad7_aaea, "PanFS"),
    (0xbeef_dead, "StorNext"),
    (0xbacb_acbc, "VMware shared folder"),
    (0x786f_4256, "VirtualBox shared folder"),
];

#[cfg(target_os = "linux")]
fn shared(path: &Path) -> bool {
    // The type is 32 bits wide, whatever the width of its field.
    rustix::fs::statfs(path).is_ok_and(|s| SHARED.iter().any(|(kind, _)| *kind == s.f_type as u32))
}

#[cfg(target_vendor = "apple")]
fn shared(path: &Path) -> bool {
    const LOCAL: u32 = 0x1000; // MNT_LOCAL
    rustix::fs::statfs(path).is_ok_and(|s| s.f_flags & LOCAL == 0)
}

#[cfg(windows)]
fn shared(path: &Path) -> bool {
    use std::path::{Component, Prefix};
    let full = path.canonicalize().unwrap_or_else(|_| path.to_path_buf());
    let first = full.components().next();
    matches!(first, Some(Component::Prefix(p)) if matches!(p.kind(), Prefix::UNC(..) | Prefix::VerbatimUNC(..)))
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple", windows)))]
fn shared(_path: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_variable() {
        assert_eq!(
            ["network", " local ", "nfs", ""].map(FileSystem::parse),
            [Some(FileSystem::Network), Some(FileSystem::Local), None, None]
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn types_are_told_apart() {
        let all: std::collections::BTreeSet<u32> = SHARED.iter().map(|s| s.0).collect();
        assert_eq!(all.len(), SHARED.len());
        for local in [0xef53_u32, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0x794c_7630, 0x2fc1_2fc1] {
            assert!(!all.contains(&local), "ext4, XFS, Btrfs, tmpfs, overlay and ZFS are local");
        }
        assert!(!shared(Path::new("/proc")));
    }
}
