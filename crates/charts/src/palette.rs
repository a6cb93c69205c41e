//! Colours, as the page's style sheet has them.

use egui::Color32;

/// How many colours of series there are: six of groups, and the one of errors.
pub const SERIES: usize = 7;

/// Colours by what they are for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Palette {
    /// What everything lies on.
    pub ground: Color32,
    /// Lines of the grid.
    pub grid: Color32,
    /// Numbers at the axes.
    pub tick: Color32,
    /// The moment that is pointed at.
    pub cursor: Color32,
    /// The part of the axis that is dragged over.
    pub brush: Color32,
    /// Series by their number.
    pub series: [Color32; SERIES],
}

impl Default for Palette {
    fn default() -> Self {
        Self {
            ground: Color32::WHITE,
            grid: Color32::LIGHT_GRAY,
            tick: Color32::DARK_GRAY,
            cursor: Color32::GRAY,
            brush: Color32::LIGHT_BLUE,
            series: [Color32::BLUE; SERIES],
        }
    }
}

impl Palette {
    /// Colours written as `0xRRGGBBAA`, in the order of the fields; what is missing stays as it is by default.
    pub fn of(words: &[u32]) -> Self {
        let mut palette = Self::default();
        let Self { ground, grid, tick, cursor, brush, series } = &mut palette;
        for (place, word) in [ground, grid, tick, cursor, brush].into_iter().chain(series).zip(words) {
            let [red, green, blue, alpha] = word.to_be_bytes();
            *place = Color32::from_rgba_unmultiplied(red, green, blue, alpha);
        }
        palette
    }

    /// Colour of a series.
    pub fn of_series(&self, number: usize) -> Color32 {
        self.series.get(number).copied().unwrap_or(self.tick)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_colours_in_order() {
        let palette = Palette::of(&[0x1020_30ff, 0, 0, 0, 0, 0xff00_00ff]);
        assert_eq!(palette.ground, Color32::from_rgb(0x10, 0x20, 0x30));
        assert_eq!((palette.of_series(0), palette.of_series(99)), (Color32::RED, palette.tick));
    }
}
