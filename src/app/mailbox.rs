//! Where threads leave commands for the window.

use crate::gpu::offscreen::RgbaImage;
use crate::state::Command;
use crossbeam_channel::{Receiver, Sender, unbounded};
use std::sync::{Arc, PoisonError, RwLock};

/// Cheap to clone; each message asks the window for a repaint.
#[derive(Clone)]
pub struct Mailbox {
    tx: Sender<Command>,
    /// Of the window that is open: another one takes its place when the graphics device is lost.
    context: Arc<RwLock<egui::Context>>,
}

impl Mailbox {
    pub fn new(context: egui::Context) -> (Self, Receiver<Command>) {
        let (tx, rx) = unbounded();
        (Self { tx, context: Arc::new(RwLock::new(context)) }, rx)
    }

    /// A window that is gone does not need the message.
    pub fn send(&self, command: Command) {
        let _ = self.tx.send(command);
        self.repaint();
    }

    /// Puts an image on the clipboard; call it within a frame.
    pub fn copy_image(&self, image: &RgbaImage) {
        let size = [image.width as usize, image.height as usize];
        let image = egui::ColorImage::from_rgba_unmultiplied(size, &image.pixels);
        self.context.read().unwrap_or_else(PoisonError::into_inner).copy_image(image);
    }

    /// The same for text.
    pub fn copy_text(&self, text: String) {
        self.context.read().unwrap_or_else(PoisonError::into_inner).copy_text(text);
    }

    pub fn repaint(&self) {
        self.context.read().unwrap_or_else(PoisonError::into_inner).request_repaint();
    }

    /// From now on another window is asked, by every clone.
    pub fn move_to(&self, context: egui::Context) {
        *self.context.write().unwrap_or_else(PoisonError::into_inner) = context;
    }
}
