//! Draws pictures on a thread with a graphics device of its own, writes them, puts them on the clipboard, and takes the window's pixels.

use super::App;
use crate::formats::{Watch, png};
use crate::gpu::offscreen::{Offscreen, RgbaImage};
use crate::gpu::{GpuError, caption, strip};
use crate::state::{Command, MOST_NAMED, Shot, ShotCommand, ShotEffect, ShotTo, Subject, Toast};
use std::path::Path;
use std::time::{Duration, Instant};

/// Frames that are drawn without names before the window is taken; the menu has closed by then.
const FRAMES_BEFORE: u8 = 3;
/// How long the window's pixels are waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// The window's pixels are wanted.
pub(super) struct Grab {
    to: ShotTo,
    frames: u8,
    since: Instant,
    asked: bool,
}

impl App {
    pub(super) fn shot(&mut self, effect: ShotEffect) {
        match effect {
            ShotEffect::Grab(to) => self.grab = Some(Grab { to, frames: FRAMES_BEFORE, since: Instant::now(), asked: false }),
            ShotEffect::Copy(image) => self.mailbox.copy_image(&image),
            ShotEffect::Draw { picture, path } => {
                let title = format!("drawing the {}", picture.0.title);
                self.jobs.run(&title, &self.mailbox, move |watch| {
                    let image = match draw(&picture.0) {
                        _ if watch.cancelled() => return Vec::new(),
                        Ok(image) => image,
                        Err(e) => return vec![Command::Toast(Toast::error(format!("The {} was not drawn: {e}.", picture.0.title)))],
                    };
                    vec![match path {
                        Some(path) => Command::Toast(saved(&path, &image)),
                        None => Command::Shot(ShotCommand::Drawn { image, title: picture.0.title.clone() }),
                    }]
                });
            }
        }
    }

    /// Once per frame: asks for the window's pixels when the window has been drawn without names, and gives up when they do not come.
    pub(super) fn take_window(&mut self, context: &egui::Context) {
        let Some(grab) = &mut self.grab else { return };
        if !self.state.posing {
            self.grab = None; // they have come
            return;
        }
        context.request_repaint_after(if grab.frames > 0 { Duration::ZERO } else { Duration::from_millis(100) });
        if grab.frames > 0 {
            grab.frames -= 1;
        } else if !grab.asked {
            grab.asked = true;
            let (mailbox, to) = (self.mailbox.clone(), grab.to);
            context.request_screenshot(move |image| mailbox.send(Command::Shot(ShotCommand::Grabbed { image: pixels(&image), to })));
            context.request_repaint();
        } else if grab.since.elapsed() > PATIENCE {
            self.grab = None;
            self.apply(Command::Shot(ShotCommand::NotGrabbed));
        }
    }
}

/// Draws a shot with its legend under it. What is not a window needs a graphics device, which goes again afterwards.
fn draw(shot: &Shot) -> Result<RgbaImage, GpuError> {
    let mut legend = shot.legend.clone();
    let mut image = match &shot.subject {
        Subject::Slice { scene, request, marks, mentioned } => {
            let mut image = Offscreen::new()?.render(scene, request)?;
            caption::draw(&mut image, marks);
            legend.name(scene, std::slice::from_ref(request), mentioned, MOST_NAMED);
            image
        }
        Subject::Volume { scene, request } => Offscreen::new()?.render_3d(scene, request)?,
        Subject::Window(image) => return Ok(strip::under(image, &legend)),
    };
    if let Some(over) = &shot.over {
        over.over(&mut image)?;
    }
    Ok(strip::under(&image, &legend))
}

fn saved(path: &Path, image: &RgbaImage) -> Toast {
    match png::write(path, [image.width, image.height], &image.pixels) {
        Ok(()) => Toast::note(format!("Saved {}.", path.file_name().unwrap_or_default().to_string_lossy())),
        Err(e) => Toast::error(format!("The picture was not saved: {e}.")),
    }
}

/// Opaque, whatever the window's surface says.
fn pixels(image: &egui::ColorImage) -> RgbaImage {
    let [width, height] = image.size.map(|n| n as u32);
    RgbaImage { width, height, pixels: image.pixels.iter().flat_map(|c| [c.r(), c.g(), c.b(), 255]).collect() }
}
