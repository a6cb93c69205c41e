//! The door of the page: one canvas, one WebGL context, all plots. The page hears the browser's events and asks for
//! frames; nothing here listens, waits or asks for the focus, so every key stays the page's own.
//!
//! Places and pointers are in CSS pixels from the corner of the canvas, times in milliseconds.

use crate::{At, Board, Data, Event, Kind, Mark, Palette, Plot, Point, Range, Series, Unit, fonts};
use egui::{Modifiers, PointerButton, Pos2, RawInput, Rect, pos2, vec2};
use std::sync::Arc;
use wasm_bindgen::prelude::{JsCast as _, JsValue, wasm_bindgen};
use web_sys::{HtmlCanvasElement, WebGl2RenderingContext};

/// Plots on a canvas.
#[wasm_bindgen]
pub struct Charts {
    board: Board,
    context: egui::Context,
    painter: egui_glow::Painter,
    places: Vec<Rect>,
    input: Vec<egui::Event>,
    modifiers: Modifiers,
    /// What `frame` says was asked for: kind, from, to.
    asked: Vec<f64>,
}

#[wasm_bindgen]
impl Charts {
    /// Takes the canvas. Without WebGL this fails, and the page draws by itself.
    #[wasm_bindgen(constructor)]
    pub fn new(canvas: &HtmlCanvasElement) -> Result<Self, JsValue> {
        let gl = canvas.get_context("webgl2")?.ok_or("there is no WebGL")?.dyn_into::<WebGl2RenderingContext>()?;
        let gl = Arc::new(egui_glow::glow::Context::from_webgl2_context(gl));
        let painter = egui_glow::Painter::new(gl, "", None, false).map_err(|error| error.to_string())?;
        let context = egui::Context::default();
        context.set_fonts(fonts());
        context.options_mut(|options| options.reduce_texture_memory = true);
        // What moves here moves with the pointer; nothing glides after it.
        context.all_styles_mut(|style| style.animation_time = 0.0);
        let (board, places, input) = (Board::default(), Vec::new(), Vec::new());
        Ok(Self { board, context, painter, places, input, modifiers: Modifiers::NONE, asked: Vec::new() })
    }

    /// Begins new data: the whole range, length of a bucket, offset of the shown zone.
    pub fn begin(&mut self, from_ms: f64, to_ms: f64, bucket_ms: f64, offset_ms: f64) {
        let bucket_ms = bucket_ms.max(1.0);
        self.board.data = Data { plots: Vec::new(), whole: Range { from_ms, to_ms }, bucket_ms, offset_ms };
    }

    /// Adds a plot; `unit` is `ms`, `usd_nanos` or a count.
    pub fn plot(&mut self, title: &str, unit: &str) {
        let unit = match unit {
            "ms" => Unit::Ms,
            "usd_nanos" => Unit::UsdNanos,
            _ => Unit::Count,
        };
        self.board.data.plots.push(Plot { title: title.to_owned(), unit, series: Vec::new(), marks: Vec::new() });
    }

    /// Adds a series to the last plot. A value that is no number is unknown.
    pub fn series(&mut self, name: &str, bar: bool, colour: usize, at_ms: &[f64], values: &[f64]) {
        let points = at_ms.iter().zip(values);
        let points =
            points.map(|(at, value)| Point { at_ms: *at, value: value.is_finite().then_some(*value) }).collect();
        let kind = if bar { Kind::Bar } else { Kind::Line };
        if let Some(plot) = self.board.data.plots.last_mut() {
            plot.series.push(Series { name: name.to_owned(), kind, colour, points });
        }
    }

    /// Gives the last plot its marks: first moment, last moment, lowest value, highest value, how many calls and colour of each.
    pub fn calls(&mut self, marks: &[f64]) {
        let mark = |six: &[f64]| match six {
            [from_ms, to_ms, low, high, n, colour] => Some(Mark {
                from_ms: *from_ms,
                to_ms: *to_ms,
                low: *low,
                high: *high,
                n: *n as u64,
                colour: *colour as usize,
            }),
            _ => None,
        };
        if let Some(plot) = self.board.data.plots.last_mut() {
            plot.marks = marks.chunks_exact(6).filter_map(mark).collect();
        }
    }

    /// Colours as `0xRRGGBBAA`: ground, grid, numbers, cursor, brush, then the series.
    pub fn palette(&mut self, words: &[u32]) {
        self.board.palette = Palette::of(words);
    }

    /// Where the plots lie: left, top, width, height of each.
    pub fn place(&mut self, sides: &[f32]) {
        let rect = |side: &[f32]| match side {
            [x, y, width, height] => Rect::from_min_size(pos2(*x, *y), vec2(*width, *height)),
            _ => Rect::NOTHING,
        };
        self.places = sides.chunks_exact(4).map(rect).collect();
    }

    /// What is shown and marked: the view, the brush. What is no number is not there.
    pub fn show(&mut self, view_from: f64, view_to: f64, brush_from: f64, brush_to: f64) {
        self.board.view = range(view_from, view_to);
        self.board.brush = range(brush_from, brush_to);
    }

    /// What is pointed at: the bucket, and a mark by the numbers of its plot and of itself. What is no number is not there.
    pub fn point(&mut self, hover_ms: f64, plot: f64, mark: f64) {
        self.board.hover_ms = hover_ms.is_finite().then_some(hover_ms);
        let is_there = plot >= 0.0 && mark >= 0.0;
        self.board.pointed = is_there.then_some(At { plot: plot as usize, mark: mark as usize });
    }

    /// The pointer has moved.
    pub fn moved(&mut self, x: f32, y: f32, shift: bool) {
        self.hold(shift);
        self.input.push(egui::Event::PointerMoved(pos2(x, y)));
    }

    /// A button went down or up, numbered as the browser numbers them.
    pub fn button(&mut self, x: f32, y: f32, button: u8, pressed: bool, shift: bool) {
        self.hold(shift);
        let button = match button {
            0 => PointerButton::Primary,
            1 => PointerButton::Middle,
            _ => PointerButton::Secondary,
        };
        let modifiers = self.modifiers;
        self.input.push(egui::Event::PointerButton { pos: pos2(x, y), button, pressed, modifiers });
    }

    /// The pointer has left.
    pub fn left(&mut self) {
        self.input.push(egui::Event::PointerGone);
    }

    /// Draws a frame, `now` seconds after any fixed moment; returns after how many seconds another is needed.
    pub fn frame(&mut self, width: f32, height: f32, ratio: f32, now: f64) -> f64 {
        let screen = Rect::from_min_size(Pos2::ZERO, vec2(width, height));
        let mut input = RawInput {
            screen_rect: Some(screen),
            max_texture_side: Some(self.painter.max_texture_side()),
            time: Some(now),
            events: std::mem::take(&mut self.input),
            focused: true,
            ..RawInput::default()
        };
        input.viewports.entry(input.viewport_id).or_default().native_pixels_per_point = Some(ratio);
        let (board, places, asked) = (&mut self.board, &self.places, &mut self.asked);
        let mut output = self.context.run_ui(input, |ui| {
            for event in board.show(ui, places) {
                asked.extend(words(event));
            }
        });
        let pixels = [(width * ratio).round() as u32, (height * ratio).round() as u32];
        let triangles = self.context.tessellate(output.shapes, output.pixels_per_point);
        self.painter.clear(pixels, self.board.palette.ground.to_normalized_gamma_f32());
        let textures = &mut output.textures_delta;
        self.painter.paint_and_update_textures(pixels, output.pixels_per_point, &triangles, textures);
        output.viewport_output.values().map(|view| view.repaint_delay.as_secs_f64()).fold(f64::INFINITY, f64::min)
    }

    /// What the pointer asked for since the last time: three numbers each, the kind first.
    pub fn asked(&mut self) -> Vec<f64> {
        std::mem::take(&mut self.asked)
    }

    fn hold(&mut self, shift: bool) {
        if self.modifiers.shift != shift {
            self.modifiers.shift = shift;
            self.input.push(egui::Event::ModifiersChanged(self.modifiers));
        }
    }

    /// Gives back what the graphics card holds.
    pub fn close(&mut self) {
        self.painter.destroy();
    }
}

fn range(from_ms: f64, to_ms: f64) -> Option<Range> {
    (from_ms.is_finite() && to_ms.is_finite()).then_some(Range { from_ms, to_ms })
}

fn words(event: Event) -> [f64; 3] {
    match event {
        Event::Hover(at) => [0.0, at.unwrap_or(f64::NAN), f64::NAN],
        Event::Brush(range) => [1.0, range.from_ms, range.to_ms],
        Event::Brushed(range) => [2.0, range.from_ms, range.to_ms],
        Event::View(range) => [3.0, range.from_ms, range.to_ms],
        Event::Whole => [4.0, f64::NAN, f64::NAN],
        Event::Chosen(At { plot, mark }) => [5.0, plot as f64, mark as f64],
        Event::Pointed(Some(At { plot, mark })) => [6.0, plot as f64, mark as f64],
        Event::Pointed(None) => [6.0, f64::NAN, f64::NAN],
    }
}
