//! Being asked to stop: Ctrl-C, `kill` (SIGTERM), a terminal that closes (SIGHUP). All mean the same: end what runs, leave nothing half-made.
//!
//! The first one asks, and whoever watches [`asked`] ends in good order. The second one ends the program at once, for what it waits for may
//! never come; private files are taken away even then. Under `nohup` nothing is caught, so that the terminal may close: the program then
//! ends as the system does it, and the next run mends what was left.

use crate::formats::leftovers;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

static ASKED: AtomicBool = AtomicBool::new(false);
static INSTALLED: OnceLock<()> = OnceLock::new();
/// What wakes somebody who does not look by himself.
static WAKE: Mutex<Option<Box<dyn Fn() + Send>>> = Mutex::new(None);

/// As shells report a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// Listens from now on.
pub fn listen() {
    INSTALLED.get_or_init(|| {
        if hangup_is_ignored() {
            return;
        }
        // A handler that cannot be installed leaves the default: the program ends at once, and transactions roll back.
        let _ = ctrlc::set_handler(|| {
            if ASKED.swap(true, Ordering::AcqRel) {
                leftovers::abandon();
                std::process::exit(INTERRUPTED);
            }
            if let Some(wake) = &*WAKE.lock().unwrap_or_else(PoisonError::into_inner) {
                wake();
            }
        });
    });
}

/// Somebody wants this program to end.
pub fn asked() -> bool {
    ASKED.load(Ordering::Acquire)
}

/// Listens, and calls `wake` once the program is asked to stop. Replaces what was to be called before.
pub fn wake_with(wake: impl Fn() + Send + 'static) {
    listen();
    if asked() {
        wake();
    }
    *WAKE.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(wake));
}

/// `nohup` started this program. Known on Linux only.
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 != 0) // SIGHUP is number 1
}
