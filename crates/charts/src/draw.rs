//! Draws one plot by egui_plot: grid and axes by the product's own steps and words, the items, what is dragged over and
//! the moment that is pointed at.

use crate::axis;
use crate::data::{Data, Plot, Range};
use crate::items::{Item, items, largest};
use crate::palette::Palette;
use egui::{Align2, Color32, FontData, FontDefinitions, FontFamily, FontId, Rangef, Role, Stroke, Ui, WidgetInfo};
use egui_plot::{AxisHints, Bar, BarChart, GridMark, Line, LineStyle, PlotResponse, Points, Polygon, Span, VLine};
use std::sync::Arc;

/// Width of the numbers at the left, so that the plots of a column begin at one line.
const LEFT: f32 = 68.0;
/// Pixels from one moment at the axis to the next, at least.
const MOMENT: f64 = 96.0;
const FONT: f32 = 11.0;
/// Pixels from a moment to either end of its axis within which no word stands: at the left is the number of the other axis,
/// at the right it would be cut.
const EDGE: f64 = 22.0;
/// Pixels that a cell is wide and high, at least.
const CELL: f64 = 4.0;
/// Radius of the dot of a single call.
const DOT: f64 = 2.0;
/// Pixels between a mark and what is drawn around it when it is pointed at.
const RING: f64 = 5.0;

/// The page's font, as much of it as stands at an axis.
pub fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::empty();
    let data = FontData::from_static(include_bytes!("../fonts/inter-ticks.ttf"));
    fonts.font_data.insert("ticks".to_owned(), Arc::new(data));
    for family in [FontFamily::Proportional, FontFamily::Monospace] {
        fonts.families.insert(family, vec!["ticks".to_owned()]);
    }
    fonts
}

/// What is shown of the data.
#[derive(Debug, Clone, Copy)]
pub struct Shown {
    pub view: Range,
    pub brush: Option<Range>,
    /// The moment that is pointed at.
    pub cursor_ms: Option<f64>,
    /// Number of the mark of this plot that is pointed at.
    pub mark: Option<usize>,
}

/// Draws a plot into all of `ui`.
pub fn plot(ui: &mut Ui, plot: &Plot, data: &Data, shown: Shown, palette: &Palette) -> PlotResponse<()> {
    let view = shown.view;
    let (width, height) = (f64::from(ui.available_width() - LEFT).max(1.0), f64::from(ui.available_height()).max(1.0));
    let (step, count) = axis::steps_to(largest(plot, view, data.bucket_ms), 3.0, plot.unit);
    let top = step * count as f64;
    let (offset_ms, unit) = (data.offset_ms, plot.unit);
    let drawn = items(plot, view, data.bucket_ms, width);
    let values = plot.series.iter().flat_map(|series| &series.points).any(|point| point.value.is_some());
    let known = values || !plot.marks.is_empty();
    let pointed = shown.mark.and_then(|mark| plot.marks.get(mark).copied());
    // A dot at the lowest or highest number is drawn whole.
    let beside = if plot.marks.is_empty() { 0.0 } else { top / height * DOT };
    let least = [view.length_ms() / width * CELL, top / height * CELL];

    let response = egui_plot::Plot::new(("plot", &plot.title))
        .show_background(false)
        .show_x(false)
        .show_y(false)
        .show_crosshair(false)
        .allow_zoom(false)
        .allow_drag(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .allow_axis_zoom_drag(false)
        .allow_double_click_reset(false)
        .set_margin_fraction(egui::Vec2::ZERO)
        .grid_color(palette.grid)
        .grid_fade(0.0)
        .grid_spacing(Rangef::new(1.0, 2.0))
        .x_grid_spacer(move |_| {
            let (step, at) = axis::moments(view, width / MOMENT, offset_ms);
            at.into_iter().map(|value| GridMark { value, step_size: step }).collect()
        })
        .y_grid_spacer(move |_| (0..=count).map(|i| GridMark { value: i as f64 * step, step_size: step }).collect())
        .custom_x_axes(vec![axis_of(AxisHints::new_x(), palette).formatter(move |mark, _| {
            let beside = (mark.value - view.from_ms).min(view.to_ms - mark.value) / view.length_ms() * width;
            if beside < EDGE { String::new() } else { axis::moment_label(mark.value, offset_ms) }
        })])
        .custom_y_axes(vec![
            axis_of(AxisHints::new_y(), palette)
                .min_thickness(LEFT)
                .formatter(move |mark, _| axis::value_label(mark.value, unit)),
        ])
        .show(ui, |plot| {
            plot.set_plot_bounds_x(view.from_ms..=view.to_ms);
            plot.set_plot_bounds_y(-beside..=top + beside);
            if let Some(brush) = shown.brush {
                let band = Span::new("", brush.from_ms..=brush.to_ms).axis(egui_plot::Axis::X);
                plot.span(band.fill(palette.brush).border(Stroke::NONE));
            }
            for item in drawn {
                add(plot, item, palette, least);
            }
            if let Some(at) = shown.cursor_ms {
                let cursor = VLine::new("", at).color(palette.cursor).width(1.0);
                plot.vline(cursor.style(LineStyle::Dashed { length: 3.0 }));
            }
            if let Some(mark) = pointed {
                let pixel = [least[0] / CELL, least[1] / CELL];
                let ring = around([mark.from_ms, mark.to_ms], [mark.low, mark.high], pixel.map(|side| side * RING));
                plot.polygon(
                    Polygon::new("", ring)
                        .fill_color(Color32::TRANSPARENT)
                        .stroke(Stroke::new(1.0, palette.cursor))
                        .allow_hover(false),
                );
            }
        });
    if !known {
        let middle = response.response.rect.center();
        let words = if data.has_values() { "no call carries it" } else { "no call" };
        ui.painter().text(middle, Align2::CENTER_CENTER, words, font(), palette.tick);
    }
    response.response.widget_info(|| WidgetInfo::labeled(Role::Image, true, plot.title.clone()));
    response
}

fn axis_of<'a>(hints: AxisHints<'a>, palette: &Palette) -> AxisHints<'a> {
    hints.tick_label_color(palette.tick).tick_label_font(font()).label_spacing(Rangef::new(1.0, 2.0))
}

fn font() -> FontId {
    FontId::proportional(FONT)
}

/// Corners of a box that is larger on each side by so much.
fn around([left, right]: [f64; 2], [low, high]: [f64; 2], more: [f64; 2]) -> Vec<[f64; 2]> {
    let (left, right, low, high) = (left - more[0], right + more[0], low - more[1], high + more[1]);
    vec![[left, low], [right, low], [right, high], [left, high]]
}

/// Adds an item; `least` is what a cell spans at least, in time and value. A bar is never lower than a pixel: what was, is
/// seen.
fn add(plot: &mut egui_plot::PlotUi<'_>, item: Item, palette: &Palette, least: [f64; 2]) {
    let value_per_pixel = least[1] / CELL;
    match item {
        Item::Bars { series, colour, width_ms, bars } => {
            let fill = palette.of_series(colour);
            let bar = |[at, value]: [f64; 2]| {
                Bar::new(at, value.max(value_per_pixel)).width(width_ms).fill(fill).stroke(Stroke::NONE)
            };
            plot.bar_chart(BarChart::new(series, bars.into_iter().map(bar).collect()).color(fill).allow_hover(false));
        }
        Item::Line { series, colour, points } => {
            plot.line(Line::new(series, points).color(palette.of_series(colour)).width(1.5).allow_hover(false));
        }
        Item::Dots { series, colour, points } => {
            plot.points(Points::new(series, points).color(palette.of_series(colour)).radius(2.5).allow_hover(false));
        }
        Item::Calls { colour, points } => {
            plot.points(Points::new("", points).color(palette.of_series(colour)).radius(DOT as f32).allow_hover(false));
        }
        Item::Cell { colour, from_ms, to_ms, low, high, share } => {
            let short = |from: f64, to: f64, least: f64| (least - (to - from)).max(0.0) / 2.0;
            let more = [short(from_ms, to_ms, least[0]), short(low, high, least[1])];
            let fill = palette.of_series(colour).gamma_multiply(share);
            plot.polygon(
                Polygon::new("", around([from_ms, to_ms], [low, high], more))
                    .fill_color(fill)
                    .stroke(Stroke::NONE)
                    .allow_hover(false),
            );
        }
    }
}
