//! Short messages over the window. Errors stay until they are dismissed; notes and warnings go with the next item, notes also after a
//! while.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToastKind {
    Note,
    Warning,
    Error,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Toast {
    pub id: u64,
    pub kind: ToastKind,
    pub text: String,
    /// Item whose unsaved decision the button of this toast saves again.
    pub retry: Option<crate::qa::ItemId>,
}

/// Newest last, at most [`Toasts::MOST`].
#[derive(Debug, Default)]
pub struct Toasts {
    list: Vec<Toast>,
    next_id: u64,
}

impl Toast {
    pub fn note(text: impl Into<String>) -> Self {
        Self { id: 0, kind: ToastKind::Note, text: text.into(), retry: None }
    }

    pub fn warning(text: impl Into<String>) -> Self {
        Self { kind: ToastKind::Warning, ..Self::note(text) }
    }

    pub fn error(text: impl Into<String>) -> Self {
        Self { kind: ToastKind::Error, ..Self::note(text) }
    }
}

impl Toasts {
    pub const MOST: usize = 5;

    /// A text that is already shown is not shown twice. Beyond the limit the oldest that is not an error goes first.
    pub fn push(&mut self, toast: Toast) {
        if self.list.iter().any(|t| t.text == toast.text) {
            return;
        }
        self.next_id += 1;
        self.list.push(Toast { id: self.next_id, ..toast });
        if self.list.len() > Self::MOST {
            let oldest = self.list.iter().position(|t| t.kind != ToastKind::Error).unwrap_or(0);
            self.list.remove(oldest);
        }
    }

    pub fn dismiss(&mut self, id: u64) {
        self.list.retain(|t| t.id != id);
    }

    /// Drops what concerned the moment; errors stay until they are read.
    pub fn dismiss_passing(&mut self) {
        self.list.retain(|t| t.kind == ToastKind::Error);
    }

    pub fn dismiss_latest(&mut self) {
        self.list.pop();
    }

    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Toast> {
        self.list.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_outlive_notes_and_repeats_are_shown_once() {
        let mut toasts = Toasts::default();
        toasts.push(Toast::error("disk full"));
        for n in 0..10 {
            toasts.push(Toast::note(format!("note {n}")));
            toasts.push(Toast::error("disk full"));
        }
        assert_eq!(toasts.iter().count(), Toasts::MOST);
        assert_eq!(toasts.iter().filter(|t| t.kind == ToastKind::Error).count(), 1);
        toasts.dismiss_latest();
        assert_eq!(toasts.iter().last().unwrap().text, "note 8");
    }
}
