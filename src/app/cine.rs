//! The clock of cine: one step when its time has come, and a frame asked for when the next one is due. Nothing is drawn in between.

use super::App;
use crate::state::{CineCommand, Command};
use std::time::Duration;

/// When the next slice is due, in the window's time in seconds; `None` while nothing plays.
#[derive(Debug, Default)]
pub struct Clock {
    due: Option<f64>,
}

impl Clock {
    /// True when a step is due; the one after it is then due a period later. A late frame delays the film and skips no slice.
    ///
    /// `early`: how much before its time a step may come. The window is woken a frame early to be ready in time; without it each step
    /// would cost a second frame.
    fn step(&mut self, now: f64, period: f64, early: f64) -> bool {
        let early = early.clamp(1e-6, period / 2.0);
        let due = self.due.map_or(now + period, |d| d.min(now + period + early)); // a faster rate does not wait for the old period
        let step = now + early >= due;
        let late = due + period <= now;
        self.due = Some(match step {
            true if late => now + period,
            true => due + period,
            false => due,
        });
        step
    }
}

impl App {
    /// Moves the film on when it is time, once per frame at most.
    pub(super) fn play(&mut self, ui: &egui::Ui) {
        let cine = self.state.viewer.cine;
        if cine.playing.is_none() {
            self.cine.due = None;
            return;
        }
        let now = ui.input(|i| i.time);
        if self.cine.step(now, cine.period(), f64::from(ui.input(|i| i.predicted_dt))) {
            self.apply(Command::Cine(CineCommand::Tick));
        }
        if let Some(due) = self.cine.due {
            ui.ctx().request_repaint_after(Duration::from_secs_f64((due - now).clamp(0.0, 1.0)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_come_at_the_rate_and_late_frames_skip_none() {
        let mut clock = Clock::default();
        let steps: Vec<bool> = (0..10).map(|frame| clock.step(f64::from(frame) * 0.05, 0.1, 0.0)).collect();
        assert_eq!(steps, [false, false, true, false, true, false, true, false, true, false]);
        assert!(clock.step(5.0, 0.1, 0.0), "one step after a long wait");
        assert!(!clock.step(5.0, 0.1, 0.0), "a second pass of the same frame is no second step");
        assert!(clock.step(5.1, 0.1, 0.0));
        assert!(clock.step(5.19, 0.1, 0.016), "a frame early is in time");
        assert!(!clock.step(5.2, 0.1, 0.016), "and the next is a period after the due time, not after the frame");
        assert!(!clock.step(5.2, 10.0, 0.0));
        assert!((clock.due.unwrap() - 5.3).abs() < 1e-9);
    }
}
