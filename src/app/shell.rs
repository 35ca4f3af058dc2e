//! The window around the program. When the driver takes the graphics device away (a reset, an update, a card that is gone), the window is
//! closed and opened again on whatever device there is then, with the same state: nothing that was read or decided is lost.
//!
//! eframe has no way to give an open window another device, so the window itself goes. Until then nothing is drawn any more: egui's
//! renderer panics on a device that is gone. When the display itself is gone (an X server that ends, a cable between two machines) there
//! is nothing to open a window on: winit panics, which is caught here; what was decided reaches the disk, and the program ends with a line.

use super::App;
use crate::gpu::{callback, canvas};
use crate::jobs::signals;
use crate::state::Toast;
use eframe::CreationContext;
use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind, resume_unwind, set_hook, take_hook};
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// A device that is lost sooner than this after the window opened will be lost again.
const TOO_SOON: Duration = Duration::from_secs(5);

/// What outlives one window.
#[derive(Clone, Default)]
pub(super) struct Kept {
    app: Rc<RefCell<Option<App>>>,
    /// The window closes because its device is lost.
    again: Rc<Cell<bool>>,
}

/// What the window's own thread and the driver know of the device.
struct Shell {
    kept: Kept,
    device: callback::Fate,
}

impl Kept {
    /// The program of the window that is opened: what the one before left, or what `make` makes.
    pub fn open(
        &self,
        creation: &CreationContext<'_>,
        device: callback::Fate,
        make: impl FnOnce(&egui::Context) -> App,
    ) -> Box<dyn eframe::App> {
        let mut app = self.app.borrow_mut();
        match app.as_mut() {
            Some(app) => app.moved_to(&creation.egui_ctx),
            None => *app = Some(make(&creation.egui_ctx)),
        }
        if let (Some(app), Some(render_state)) = (app.as_mut(), &creation.wgpu_render_state) {
            app.set_cleared(canvas::clears_plainly(render_state));
        }
        Box::new(Shell { kept: self.clone(), device })
    }

    /// Runs windows until one is closed by its user. `Err` with words when devices are lost one after the other.
    pub fn run(&self, mut window: impl FnMut() -> eframe::Result) -> Result<(), String> {
        expect_the_displays_end();
        loop {
            let opened = Instant::now();
            self.again.set(false);
            match catch_unwind(AssertUnwindSafe(&mut window)) {
                Ok(ended) => ended.map_err(|e| e.to_string())?,
                Err(panic) => return Err(self.end_without_display(panic)),
            }
            if !self.again.get() {
                return Ok(());
            }
            if opened.elapsed() < TOO_SOON {
                self.close();
                return Err("the graphics device is lost as soon as it is there; update its driver".to_owned());
            }
        }
    }

    /// What is left to do when the window system failed; any other panic goes on.
    fn end_without_display(&self, panic: Box<dyn std::any::Any + Send>) -> String {
        if !DISPLAY_GONE.load(Ordering::Relaxed) {
            resume_unwind(panic);
        }
        self.close();
        "the display is gone. What was decided is saved; open the project again where there is a display".to_owned()
    }

    fn close(&self) {
        if let Some(mut app) = self.app.borrow_mut().take() {
            eframe::App::on_exit(&mut app);
        }
    }
}

/// A panic came from the window system's library.
static DISPLAY_GONE: AtomicBool = AtomicBool::new(false);

/// Panics of winit are no error of this program: they are noted and not printed.
fn expect_the_displays_end() {
    let usual = take_hook();
    set_hook(Box::new(move |info| if of_window_system(info) { DISPLAY_GONE.store(true, Ordering::Relaxed) } else { usual(info) }));
}

fn of_window_system(info: &PanicHookInfo<'_>) -> bool {
    info.location().is_some_and(|l| ["/winit-", "/x11rb-", "/wayland-client-"].iter().any(|name| l.file().contains(name)))
}

impl eframe::App for Shell {
    fn ui(&mut self, ui: &mut egui::Ui, frame: &mut eframe::Frame) {
        if self.device.lost() {
            self.kept.again.set(true);
            ui.ctx().send_viewport_cmd(egui::ViewportCommand::Close);
            return;
        }
        if signals::asked() {
            ui.ctx().send_viewport_cmd(egui::ViewportCommand::Close); // as when the user closes it
        }
        if let Some(app) = self.kept.app.borrow_mut().as_mut() {
            if let Some(text) = self.device.complaint() {
                app.state.toasts.push(Toast::error(format!("The graphics device reports: {text}")));
            }
            eframe::App::ui(app, ui, frame);
        }
    }

    fn clear_color(&self, visuals: &egui::Visuals) -> [f32; 4] {
        canvas::ground(visuals)
    }

    fn on_exit(&mut self) {
        if !self.kept.again.get() {
            self.kept.close();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_that_its_user_closes_stays_closed_and_one_that_fails_at_once_is_given_up() {
        let kept = Kept::default();
        let mut opened = 0;
        let done = kept.run(|| {
            opened += 1;
            Ok(())
        });
        assert_eq!((done, opened), (Ok(()), 1));
        let again = kept.again.clone();
        let done = kept.run(|| {
            opened += 1;
            again.set(true); // as the window does when its device is lost
            Ok(())
        });
        assert!(done.is_err_and(|e| e.contains("lost as soon as")));
        assert_eq!(opened, 2);
    }
}
