//! Where threads leave commands for the window.

use crate::gpu::offscreen::RgbaImage;
use crate::state::Command;
use crossbeam_channel::{Receiver, Sender, unbounded};

/// Cheap to clone; each message asks the window for a repaint.
#[derive(Clone)]
pub struct Mailbox {
    tx: Sender<Command>,
    context: egui::Context,
}

impl Mailbox {
    pub fn new(context: egui::Context) -> (Self, Receiver<Command>) {
        let (tx, rx) = unbounded();
        (Self { tx, context }, rx)
    }

    /// A window that is gone does not need the message.
    pub fn send(&self, command: Command) {
        let _ = self.tx.send(command);
        self.repaint();
    }

    /// Puts an image on the clipboard; call it within a frame.
    pub fn copy_image(&self, image: &RgbaImage) {
        let size = [image.width as usize, image.height as usize];
        self.context.copy_image(egui::ColorImage::from_rgba_unmultiplied(size, &image.pixels));
    }

    pub fn repaint(&self) {
        self.context.request_repaint();
    }
}
