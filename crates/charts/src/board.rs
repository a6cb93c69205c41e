//! All plots over one time axis, and what a pointer does to them: a drag is a brush; with Shift, or by another button, it
//! pans; a double click asks for the whole range. What follows from it is the window's to say: it sets view and brush.

use crate::data::{Data, Mark, Plot, Range};
use crate::draw::{self, Shown};
use crate::palette::Palette;
use egui::{InputState, PointerButton, Pos2, Rect, Ui, UiBuilder};
use egui_plot::{PlotPoint, PlotResponse};

/// What the pointer asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Event {
    /// It points at this bucket, or at none.
    Hover(Option<f64>),
    /// It is being dragged over these buckets.
    Brush(Range),
    /// It was let go over them.
    Brushed(Range),
    /// Another part of the axis should be shown.
    View(Range),
    /// The whole of it should be.
    Whole,
    /// It points at this mark of this plot, or at none of any.
    Pointed(Option<At>),
    /// This mark of this plot was clicked.
    Chosen(At),
}

/// A mark by its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct At {
    /// Number of the plot.
    pub plot: usize,
    /// Number of the mark in it.
    pub mark: usize,
}

/// Pixels above a plot, for the half of the number at its top that stands above its line.
const HEAD: f32 = 8.0;

/// The plots and what is shown of them.
#[derive(Default)]
pub struct Board {
    /// What is plotted.
    pub data: Data,
    /// Colours.
    pub palette: Palette,
    /// The part of the axis that is shown; all of it when there is none.
    pub view: Option<Range>,
    /// The part that is marked.
    pub brush: Option<Range>,
    /// Start of the bucket that is marked.
    pub hover_ms: Option<f64>,
    /// The mark that is pointed at.
    pub pointed: Option<At>,
    /// Where a brush began.
    began_ms: Option<f64>,
    /// Shift was held when the button went down: the drag pans, whatever is held later.
    pans: bool,
}

impl Board {
    /// A board of this data, all of it shown.
    pub fn of(data: Data) -> Self {
        Self { data, ..Self::default() }
    }

    /// The part of the axis that is shown.
    pub fn shown(&self) -> Range {
        self.view.unwrap_or(self.data.whole)
    }

    /// Draws each plot into its place; says what the pointer asked for.
    pub fn show(&mut self, ui: &mut Ui, places: &[Rect]) -> Vec<Event> {
        let mut events = Vec::new();
        let mut hovered = None;
        let mut pointed = None;
        self.pans = ui.input(pressed_with_shift).unwrap_or(self.pans);
        let at = self.pointed.and_then(|at| self.data.plots.get(at.plot)?.marks.get(at.mark));
        let cursor_ms = match at {
            Some(mark) => Some((mark.from_ms + mark.to_ms) / 2.0),
            None => self.hover_ms.map(|at| at + self.data.bucket_ms / 2.0),
        };
        for (number, (plot, place)) in self.data.plots.iter().zip(places).enumerate() {
            let place = place.with_min_y(place.top() + HEAD);
            let mut child = ui.new_child(UiBuilder::new().max_rect(place).id_salt(number));
            let mark = self.pointed.filter(|at| at.plot == number).map(|at| at.mark);
            let shown = Shown { view: self.shown(), brush: self.brush, cursor_ms, mark };
            let drawn = draw::plot(&mut child, plot, &self.data, shown, &self.palette);
            if let Some(at) = drawn.response.hover_pos() {
                hovered = Some(drawn.transform.value_from_position(at).x);
                pointed = nearest(plot, &drawn, at).map(|mark| At { plot: number, mark });
            }
            let begun = Begun { at_ms: self.began_ms, pans: self.pans };
            self.began_ms = gesture(&child, &drawn, &self.data, begun, &mut events);
            if let Some(at) = drawn.response.clicked().then(|| drawn.response.interact_pointer_pos()).flatten()
                && let Some(mark) = nearest(plot, &drawn, at)
            {
                events.push(Event::Chosen(At { plot: number, mark }));
            }
        }
        let whole = self.data.whole;
        let hover = hovered.filter(|at| (whole.from_ms..whole.to_ms).contains(at)).map(|at| self.data.bucket_at(at));
        // A pointer that rests does not take back what keys have pointed at since.
        let moved = |input: &InputState| input.events.iter().any(|event| matches!(event, egui::Event::PointerMoved(_)));
        if hover != self.hover_ms && ui.input(moved) {
            events.push(Event::Hover(hover));
        }
        // While a brush is drawn, it is that which is shown.
        let pointed = pointed.filter(|_| self.began_ms.is_none());
        if pointed != self.pointed && ui.input(moved) {
            events.push(Event::Pointed(pointed));
        }
        for event in &mut events {
            if let Event::View(range) = event {
                *range = range.within(whole);
            }
        }
        events
    }
}

/// Pixels around a mark in which a pointer means it.
const REACH: f32 = 8.0;

/// The mark that a pointer means: the nearest within reach, of two alike the one that lies above.
fn nearest(plot: &Plot, drawn: &PlotResponse<()>, at: Pos2) -> Option<usize> {
    let frame = &drawn.transform;
    let distance = |mark: &Mark| {
        let corner = |ms, value| frame.position_from_point(&PlotPoint::new(ms, value));
        Rect::from_two_pos(corner(mark.from_ms, mark.low), corner(mark.to_ms, mark.high)).distance_to_pos(at)
    };
    let near = plot.marks.iter().enumerate().map(|(number, mark)| (distance(mark), number));
    let near = near.filter(|(distance, _)| *distance <= REACH);
    near.min_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1))).map(|(_, number)| number)
}

/// A drag that is under way.
#[derive(Clone, Copy)]
struct Begun {
    at_ms: Option<f64>,
    pans: bool,
}

/// Whether Shift was held with the last press; `None` when nothing was pressed.
fn pressed_with_shift(input: &InputState) -> Option<bool> {
    input.events.iter().rev().find_map(|event| match event {
        egui::Event::PointerButton { pressed: true, modifiers, .. } => Some(modifiers.shift),
        _ => None,
    })
}

/// Reads what is done to one plot; returns where the brush began that is under way.
fn gesture(ui: &Ui, drawn: &PlotResponse<()>, data: &Data, begun: Begun, events: &mut Vec<Event>) -> Option<f64> {
    let (response, frame) = (&drawn.response, &drawn.transform);
    if response.double_clicked() {
        events.push(Event::Whole);
        return None;
    }
    let (at, from) = ui.input(|input| (input.pointer.interact_pos(), input.pointer.press_origin()));
    let moment = |at: Pos2| frame.value_from_position(at).x.clamp(data.whole.from_ms, data.whole.to_ms - 1.0);
    let primary = response.dragged_by(PointerButton::Primary);
    if response.drag_started() && primary && !begun.pans {
        return from.map(moment);
    }
    match (begun.at_ms, at) {
        (Some(began), Some(at)) if primary => {
            events.push(Event::Brush(data.buckets(began, moment(at))));
            Some(began)
        }
        (Some(began), Some(at)) if response.drag_stopped() => {
            events.push(Event::Brushed(data.buckets(began, moment(at))));
            None
        }
        (None, _) if response.dragged() && response.drag_delta().x != 0.0 => {
            let moved = f64::from(response.drag_delta().x) * frame.dvalue_dpos()[0];
            let range = frame.bounds();
            events.push(Event::View(Range { from_ms: range.min()[0] - moved, to_ms: range.max()[0] - moved }));
            None
        }
        (began, _) => began,
    }
}
