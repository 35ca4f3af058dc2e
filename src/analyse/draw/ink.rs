//! Roles of colour on paper, and what they look like on light and dark grounds.
//!
//! Series have the hues of Okabe and Ito (Color Universal Design, 2008), moved until they stand 3:1 against the ground; the ramp is a single
//! hue whose lightness falls evenly.

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ink {
    Text,
    Weak,
    /// Axes and dividers.
    Line,
    /// The ground itself, for lines on filled areas.
    Ground,
    /// One of several that are compared; repeats after eight.
    Series(usize),
    /// Text on that.
    OnSeries(usize),
    /// 0 lowest … 1 highest.
    Ramp(f64),
    OnRamp(f64),
    /// Pale fill for what is not.
    Empty,
    /// What nobody has said anything of yet, such as undecided items: it recedes behind the series.
    Muted,
    /// Text on that.
    OnMuted,
}

/// Colours of series before they repeat.
pub(super) const SERIES: usize = 8;
const LIGHT: [[u8; 3]; SERIES] =
    [[0, 114, 178], [196, 78, 0], [0, 138, 100], [168, 80, 132], [176, 116, 0], [46, 140, 200], [122, 110, 0], [100, 107, 116]];
const DARK: [[u8; 3]; SERIES] =
    [[92, 172, 226], [255, 142, 82], [64, 200, 156], [228, 156, 198], [242, 184, 60], [150, 208, 244], [216, 204, 70], [172, 178, 186]];
const RAMP: [[u8; 3]; 5] = [[239, 245, 251], [189, 215, 238], [107, 174, 214], [33, 113, 181], [8, 48, 107]];

impl Ink {
    /// What decisions and verdicts are drawn with wherever they are series: green is for, amber changed, orange against, as in the window.
    pub const FOR: Ink = Ink::Series(2);
    pub const CHANGED: Ink = Ink::Series(4);
    pub const AGAINST: Ink = Ink::Series(1);
    pub const OPEN: Ink = Ink::Series(3);

    /// Of text on a filled area.
    pub fn over(self) -> Self {
        match self {
            Ink::Series(n) => Ink::OnSeries(n),
            Ink::Ramp(at) => Ink::OnRamp(at),
            Ink::Muted => Ink::OnMuted,
            _ => Ink::Text,
        }
    }
}

/// sRGB of an ink.
pub fn rgb(ink: Ink, dark: bool) -> [u8; 3] {
    let pick = |light: [u8; 3], on_dark: [u8; 3]| if dark { on_dark } else { light };
    match ink {
        Ink::Text => pick([24, 27, 31], [228, 230, 233]),
        Ink::Weak => pick([84, 91, 100], [164, 170, 178]),
        Ink::Line => pick([208, 213, 219], [66, 71, 78]),
        Ink::Ground => pick([255, 255, 255], [24, 26, 29]),
        Ink::Empty => pick([232, 235, 239], [46, 50, 56]),
        Ink::Muted => pick([140, 147, 156], [98, 104, 112]),
        Ink::OnMuted => pick([24, 27, 31], [236, 238, 240]),
        Ink::Series(n) => pick(LIGHT[n % LIGHT.len()], DARK[n % DARK.len()]),
        Ink::OnSeries(_) => pick([255, 255, 255], [10, 12, 14]),
        Ink::Ramp(at) => ramp(at),
        Ink::OnRamp(at) if at > 0.71 => [255, 255, 255],
        Ink::OnRamp(_) => [0, 0, 0],
    }
}

fn ramp(at: f64) -> [u8; 3] {
    let at = at.clamp(0.0, 1.0) * (RAMP.len() - 1) as f64;
    let low = (at.floor() as usize).min(RAMP.len() - 2);
    let part = at - low as f64;
    [0, 1, 2].map(|c| (f64::from(RAMP[low][c]) * (1.0 - part) + f64::from(RAMP[low + 1][c]) * part).round() as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2.1.
    fn contrast(a: [u8; 3], b: [u8; 3]) -> f64 {
        let light = |rgb: [u8; 3]| {
            let [r, g, b] = rgb.map(|c| {
                let c = f64::from(c) / 255.0;
                if c <= 0.03928 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
            });
            0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05
        };
        light(a).max(light(b)) / light(a).min(light(b))
    }

    #[test]
    fn texts_and_series_can_be_told_from_their_grounds() {
        for dark in [false, true] {
            let ground = rgb(Ink::Ground, dark);
            assert!(contrast(rgb(Ink::Text, dark), ground) >= 7.0 && contrast(rgb(Ink::Weak, dark), ground) >= 4.5);
            for n in 0..8 {
                let series = rgb(Ink::Series(n), dark);
                assert!(contrast(series, ground) >= 3.0, "series {n}");
                assert!(contrast(rgb(Ink::OnSeries(n), dark), series) >= 3.0, "on series {n}");
            }
        }
        for dark in [false, true] {
            let (ground, muted) = (rgb(Ink::Ground, dark), rgb(Ink::Muted, dark));
            assert!(contrast(muted, ground) >= 3.0 && contrast(rgb(Ink::OnMuted, dark), muted) >= 4.5, "muted, dark {dark}");
            assert!((0..8).all(|n| contrast(rgb(Ink::Series(n), dark), ground) > contrast(muted, ground)), "it recedes, dark {dark}");
        }
        for step in 0..=100 {
            let at = f64::from(step) / 100.0;
            let found = contrast(rgb(Ink::OnRamp(at), false), rgb(Ink::Ramp(at), false));
            assert!(found >= 4.5, "{at}: {found}");
        }
    }

    /// What the dark page of a report writes: all of it small.
    #[test]
    fn texts_on_dark_have_a_contrast_of_4_5() {
        let on = |text: Ink, ground: Ink| contrast(rgb(text, true), rgb(ground, true));
        let plain = [
            (Ink::Text, Ink::Ground),
            (Ink::Weak, Ink::Ground),
            (Ink::Text, Ink::Empty),
            (Ink::Weak, Ink::Empty),
            (Ink::OnMuted, Ink::Muted),
        ];
        let links = [(Ink::Series(0), Ink::Ground)];
        let bars = (0..SERIES).map(|n| (Ink::OnSeries(n), Ink::Series(n)));
        for (text, ground) in plain.into_iter().chain(links).chain(bars) {
            let found = on(text, ground);
            assert!(found >= 4.5, "{text:?} on {ground:?}: {found:.2}");
        }
    }
}
