//! Draws one plot by egui_plot: grid and axes by the product's own steps and words, the items, what is dragged over and
//! the moment that is pointed at.

use crate::axis;
use crate::data::{Data, Plot, Range};
use crate::items::{Item, items, largest};
use crate::palette::Palette;
use egui::{Align2, FontData, FontDefinitions, FontFamily, FontId, Rangef, Role, Stroke, Ui, WidgetInfo};
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
    /// Start of the bucket that is pointed at.
    pub hover_ms: Option<f64>,
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
            plot.set_plot_bounds_y(0.0..=top);
            if let Some(brush) = shown.brush {
                let band = Span::new("", brush.from_ms..=brush.to_ms).axis(egui_plot::Axis::X);
                plot.span(band.fill(palette.brush).border(Stroke::NONE));
            }
            for item in drawn {
                add(plot, item, palette, least);
            }
            if let Some(at) = shown.hover_ms {
                let cursor = VLine::new("", at + data.bucket_ms / 2.0).color(palette.cursor).width(1.0);
                plot.vline(cursor.style(LineStyle::Dashed { length: 3.0 }));
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
            plot.points(Points::new("", points).color(palette.of_series(colour)).radius(2.0).allow_hover(false));
        }
        Item::Cell { colour, from_ms, to_ms, low, high, share } => {
            let (wide, tall) = ((to_ms - from_ms).max(least[0]), (high - low).max(least[1]));
            let (x, y) = ((from_ms + to_ms) / 2.0, (low + high) / 2.0);
            let corners = [[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]];
            let around: Vec<[f64; 2]> =
                corners.iter().map(|[dx, dy]| [x + dx * wide / 2.0, y + dy * tall / 2.0]).collect();
            let fill = palette.of_series(colour).gamma_multiply(share);
            plot.polygon(Polygon::new("", around).fill_color(fill).stroke(Stroke::NONE).allow_hover(false));
        }
    }
}
