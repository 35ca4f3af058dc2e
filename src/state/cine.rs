//! Cine: slices that go by themselves, until something is touched.
//!
//! The state knows what a step does and how many there are in a second; the clock is kept by `app/cine.rs`, which sends one
//! [`CineCommand::Tick`] per step and asks for no frame in between.

use super::{AppState, CaseMessage, Command, Toast, ViewCommand};
use crate::space::Plane;

/// Slowest and fastest, in slices per second.
pub const RATES: (f32, f32) = (1.0, 30.0);

/// What happens at the last slice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Turn {
    /// Goes back the way it came.
    #[default]
    Back,
    /// Starts at the first slice again.
    Wrap,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cine {
    /// The plane that plays, if one does.
    pub playing: Option<Plane>,
    /// Slices per second.
    pub rate: f32,
    pub turn: Turn,
    /// Towards the plane's positive patient axis.
    forward: bool,
}

impl Default for Cine {
    fn default() -> Self {
        Self { playing: None, rate: 10.0, turn: Turn::Back, forward: true }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum CineCommand {
    /// Play the active plane, or stop.
    Toggle,
    Stop,
    /// Slices per second.
    Rate(f32),
    /// Faster or slower by a factor.
    Faster(f32),
    Turn(Turn),
    /// One slice further.
    Tick,
}

impl Cine {
    /// Seconds from one slice to the next.
    pub fn period(&self) -> f64 {
        1.0 / f64::from(self.rate.clamp(RATES.0, RATES.1))
    }

    /// The slice after `number` of `count`, and the direction from there.
    fn after(self, number: i64, count: i64) -> (i64, bool) {
        let step = if self.forward { 1 } else { -1 };
        match (number + step, self.turn) {
            (next, _) if (1..=count).contains(&next) => (next, self.forward),
            (_, Turn::Wrap) => (if self.forward { 1 } else { count }, self.forward),
            (_, Turn::Back) => ((number - step).clamp(1, count), !self.forward),
        }
    }
}

impl AppState {
    pub(super) fn apply_cine(&mut self, command: CineCommand) {
        let cine = &mut self.viewer.cine;
        match command {
            CineCommand::Toggle if cine.playing.is_some() => cine.playing = None,
            CineCommand::Toggle => self.play(),
            CineCommand::Stop => cine.playing = None,
            CineCommand::Rate(rate) if rate.is_finite() => cine.rate = rate.clamp(RATES.0, RATES.1),
            CineCommand::Rate(_) => {}
            CineCommand::Faster(factor) => cine.rate = (cine.rate * factor).round().clamp(RATES.0, RATES.1),
            CineCommand::Turn(turn) => cine.turn = turn,
            CineCommand::Tick => self.tick(),
        }
    }

    fn play(&mut self) {
        let plane = self.viewer.active_plane();
        match self.viewer.slice_number(plane) {
            Some((_, count)) if count > 1 => {
                self.viewer.cine.playing = Some(plane);
                self.viewer.cine.forward = true;
            }
            Some(_) => self.toasts.push(Toast::note(format!("There is only one {} slice.", plane.name()))),
            None => {}
        }
    }

    fn tick(&mut self) {
        let v = &mut self.viewer;
        let Some(plane) = v.cine.playing else { return };
        let Some((number, count)) = v.slice_number(plane) else { return };
        let (next, forward) = v.cine.after(number, count as i64);
        v.cine.forward = forward;
        v.scroll(plane, (next - number) as f64);
    }

    /// Any wish of the user stops the film, but for those about the film itself and a pointer that only moves.
    pub(super) fn stop_cine_for(&mut self, command: &Command) {
        let goes_on = match command {
            Command::Cine(_) | Command::Store(_) | Command::Toast(_) | Command::DismissToast(_) | Command::Active(_) => true,
            Command::Case(message) => !matches!(message, CaseMessage::Retry),
            Command::Compare(c) => c.is_answer(),
            Command::View(c) => matches!(c, ViewCommand::Hover(_) | ViewCommand::Pointed(_)),
            _ => false,
        };
        if !goes_on {
            self.viewer.cine.playing = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn walk(turn: Turn, from: i64, steps: usize) -> Vec<i64> {
        let mut cine = Cine { turn, ..Cine::default() };
        let mut at = from;
        (0..steps)
            .map(|_| {
                let (next, forward) = cine.after(at, 4);
                cine.forward = forward;
                at = next;
                at
            })
            .collect()
    }

    #[test]
    fn it_goes_back_and_forth_or_starts_again() {
        assert_eq!(walk(Turn::Back, 2, 9), [3, 4, 3, 2, 1, 2, 3, 4, 3]);
        assert_eq!(walk(Turn::Wrap, 2, 6), [3, 4, 1, 2, 3, 4]);
        assert_eq!(Cine::default().after(1, 1), (1, false), "one slice stays");
    }

    #[test]
    fn the_rate_stays_between_one_and_thirty() {
        let mut state = AppState::default();
        for (command, rate) in [
            (CineCommand::Rate(100.0), 30.0),
            (CineCommand::Rate(f32::NAN), 30.0),
            (CineCommand::Faster(0.5), 15.0),
            (CineCommand::Rate(-3.0), 1.0),
        ] {
            state.apply_cine(command);
            assert_eq!(state.viewer.cine.rate, rate);
        }
        assert_eq!(state.viewer.cine.period(), 1.0);
    }
}
