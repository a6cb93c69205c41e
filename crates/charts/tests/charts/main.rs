//! The plots without a window: what is drawn, as text, and what a pointer asks for, by the tree that a screen reader has.

use egui::{Event as Input, Modifiers, PointerButton, Pos2, Rect, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable as _;
use insta::assert_snapshot;
use proptest::prelude::*;
use retake_charts::{At, Board, Data, Event, Kind, Mark, Plot, Point, Range, Series, Unit, fonts, items};

const HOUR: f64 = 3_600_000.0;

fn series(name: &str, kind: Kind, colour: usize, values: &[Option<f64>]) -> Series {
    let points = values.iter().enumerate().map(|(i, value)| Point { at_ms: i as f64 * HOUR, value: *value }).collect();
    Series { name: name.to_owned(), kind, colour, points }
}

fn plot(title: &str, unit: Unit, series: Vec<Series>) -> Plot {
    Plot { title: title.to_owned(), unit, series, marks: Vec::new() }
}

/// Ten hours of two plots.
fn data() -> Data {
    let requests: Vec<_> = (0..10).map(|i| Some(f64::from(i * 3 % 7))).collect();
    let latency: Vec<_> = (0..10).map(|i| (i % 4 != 2).then(|| 900.0 + f64::from(i))).collect();
    let plots = vec![
        plot("requests", Unit::Count, vec![series("requests", Kind::Bar, 0, &requests)]),
        plot("latency", Unit::Ms, vec![series("p95", Kind::Line, 1, &latency)]),
    ];
    Data { plots, whole: Range { from_ms: 0.0, to_ms: 10.0 * HOUR }, bucket_ms: HOUR, offset_ms: 0.0 }
}

fn text(plot: &Plot, view: Range) -> String {
    items(plot, view, HOUR, 1000.0).iter().map(|item| format!("{item}\n")).collect()
}

#[test]
fn a_gap_is_a_gap_and_a_zero_has_no_bar() {
    let data = data();
    assert_snapshot!(text(&data.plots[0], data.whole), @r#"bars "requests" colour 0: 5400000=3 9000000=6 12600000=2 16200000=5 19800000=1 23400000=4 30600000=3 34200000=6"#);
    assert_snapshot!(text(&data.plots[1], data.whole), @r#"
    line "p95" colour 1: 1800000=900 5400000=901
    line "p95" colour 1: 12600000=903 16200000=904 19800000=905
    line "p95" colour 1: 27000000=907 30600000=908 34200000=909
    "#);
}

#[test]
fn what_is_not_shown_is_not_drawn_and_a_lone_value_is_a_dot() {
    let values = [Some(1.0), None, Some(3.0), None, Some(5.0), Some(6.0)];
    let plot = plot("cost", Unit::UsdNanos, vec![series("cost", Kind::Line, 2, &values)]);
    let view = Range { from_ms: HOUR, to_ms: 4.0 * HOUR };
    assert_snapshot!(text(&plot, view), @r#"dots "cost" colour 2: 1800000=1 9000000=3 16200000=5"#);
}

/// The board on a surface of 1000 by 400 pixels, and all that was asked for.
struct Shown {
    board: Board,
    asked: Vec<Event>,
}

fn places() -> [Rect; 2] {
    [Rect::from_min_size(Pos2::ZERO, vec2(1000.0, 200.0)), Rect::from_min_size(pos2(0.0, 200.0), vec2(1000.0, 200.0))]
}

fn show() -> Harness<'static, Shown> {
    let state = Shown { board: Board::of(data()), asked: Vec::new() };
    let mut harness = Harness::builder()
        .with_size(vec2(1000.0, 400.0))
        .with_step_dt(1.0 / 60.0)
        .with_context_setup(|context| context.set_fonts(fonts()))
        .build_ui_state(
            |ui, shown: &mut Shown| {
                let asked = shown.board.show(ui, &places());
                shown.asked.extend(asked);
            },
            state,
        );
    harness.run();
    harness
}

/// Where a share of the axis lies in a plot.
fn at(harness: &Harness<'_, Shown>, title: &str, share: f32) -> Pos2 {
    let rect = harness.get_by_label(title).rect();
    pos2(rect.left() + rect.width() * share, rect.center().y)
}

fn drag(harness: &mut Harness<'_, Shown>, from: Pos2, to: Pos2, button: PointerButton, modifiers: Modifiers) {
    harness.event(Input::ModifiersChanged(modifiers));
    for (pos, pressed) in [(from, Some(true)), (from + (to - from) / 2.0, None), (to, None), (to, Some(false))] {
        harness.event(Input::PointerMoved(pos));
        if let Some(pressed) = pressed {
            harness.event(Input::PointerButton { pos, button, pressed, modifiers });
        }
        harness.step();
    }
}

fn hours(range: Range) -> (f64, f64) {
    (range.from_ms / HOUR, range.to_ms / HOUR)
}

#[test]
fn both_plots_begin_at_one_line_and_say_what_they_are() {
    let harness = show();
    let [above, below] = ["requests", "latency"].map(|title| harness.get_by_label(title).rect());
    assert_eq!((above.left(), above.right()), (below.left(), below.right()));
    assert!(above.bottom() < below.top() && above.width() > 900.0, "{above:?} {below:?}");
}

#[test]
fn a_drag_marks_whole_buckets_of_the_axis_that_both_share() {
    let mut harness = show();
    let (from, to) = (at(&harness, "latency", 0.25), at(&harness, "latency", 0.52));
    drag(&mut harness, from, to, PointerButton::Primary, Modifiers::NONE);
    let brushed = harness.state().asked.iter().find_map(|event| match event {
        Event::Brushed(range) => Some(hours(*range)),
        _ => None,
    });
    assert_eq!(brushed, Some((2.0, 6.0)));
    assert!(harness.state().asked.iter().any(|event| matches!(event, Event::Brush(_))), "it shows while it is dragged");
}

#[test]
fn with_shift_or_by_another_button_a_drag_moves_what_is_shown() {
    for (button, modifiers) in [(PointerButton::Primary, Modifiers::SHIFT), (PointerButton::Middle, Modifiers::NONE)] {
        let mut harness = show();
        harness.state_mut().board.view = Some(Range { from_ms: 4.0 * HOUR, to_ms: 6.0 * HOUR });
        harness.run();
        let (from, to) = (at(&harness, "requests", 0.2), at(&harness, "requests", 0.7));
        drag(&mut harness, from, to, button, modifiers);
        let asked = &harness.state().asked;
        let earlier = asked.iter().any(|event| matches!(event, Event::View(range) if range.from_ms < 4.0 * HOUR));
        assert!(
            earlier && !asked.iter().any(|event| matches!(event, Event::Brush(_) | Event::Brushed(_))),
            "{asked:?}"
        );
    }
}

#[test]
fn a_pointer_marks_its_bucket_and_a_double_click_asks_for_all() {
    let mut harness = show();
    let middle = at(&harness, "requests", 0.55);
    harness.hover_at(middle);
    harness.run();
    assert!(harness.state().asked.contains(&Event::Hover(Some(5.0 * HOUR))), "{:?}", harness.state().asked);
    for pressed in [true, false, true, false] {
        let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
        harness.event(Input::PointerButton { pos: middle, button, pressed, modifiers });
        harness.step();
    }
    assert!(harness.state().asked.contains(&Event::Whole), "{:?}", harness.state().asked);
}

fn mark(hours: [f64; 2], values: [f64; 2], n: u64, colour: usize) -> Mark {
    let [from_ms, to_ms] = hours.map(|hour| hour * HOUR);
    Mark { from_ms, to_ms, low: values[0], high: values[1], n, colour }
}

#[test]
fn calls_are_dots_and_what_lies_together_is_a_cell_that_keeps_its_ends() {
    let mut plot = plot("calls", Unit::Ms, Vec::new());
    plot.marks = vec![
        mark([1.0, 1.0], [250.0, 250.0], 1, 0),
        mark([2.0, 3.0], [90.0, 4000.0], 120, 0),
        mark([2.0, 2.5], [10.0, 20.0], 2, 6),
        mark([3.0, 3.0], [70.0, 70.0], 1, 6),
        mark([9.0, 9.0], [80.0, 80.0], 1, 0),
    ];
    let view = Range { from_ms: 0.0, to_ms: 5.0 * HOUR };
    assert_snapshot!(text(&plot, view), @r#"
    cell colour 0 share 1.00: 7200000..10800000=90..4000
    cell colour 6 share 0.44: 7200000..9000000=10..20
    calls colour 0: 3600000=250
    calls colour 6: 10800000=70
    "#);
}

#[test]
fn a_click_means_the_nearest_mark_and_nothing_where_there_is_none() {
    let mut harness = show();
    harness.state_mut().board.data.plots[1].marks =
        vec![mark([2.0, 2.0], [500.0, 500.0], 1, 0), mark([5.0, 5.0], [500.0, 500.0], 1, 0)];
    harness.run();
    for share in [0.5, 0.35] {
        let pos = at(&harness, "latency", share);
        for pressed in [true, false] {
            harness.event(Input::PointerMoved(pos));
            let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
            harness.event(Input::PointerButton { pos, button, pressed, modifiers });
            harness.step();
        }
    }
    let chosen: Vec<_> =
        harness.state().asked.iter().filter(|event| matches!(event, Event::Chosen(_))).copied().collect();
    assert_eq!(chosen, [Event::Chosen(At { plot: 1, mark: 1 })]);
}

#[test]
fn a_pointer_says_which_mark_it_is_at_and_when_it_has_left_it() {
    let mut harness = show();
    harness.state_mut().board.data.plots[1].marks = vec![mark([5.0, 5.0], [500.0, 500.0], 1, 0)];
    harness.run();
    let here = At { plot: 1, mark: 0 };
    for share in [0.5, 0.5, 0.3] {
        let pos = at(&harness, "latency", share);
        harness.event(Input::PointerMoved(pos));
        harness.step();
        // The page says what is drawn.
        for event in harness.state().asked.clone() {
            if let Event::Pointed(at) = event {
                harness.state_mut().board.pointed = at;
            }
        }
    }
    let pointed: Vec<_> =
        harness.state().asked.iter().filter(|event| matches!(event, Event::Pointed(_))).copied().collect();
    assert_eq!(pointed, [Event::Pointed(Some(here)), Event::Pointed(None)]);
}

#[test]
fn what_rests_asks_for_no_frame() {
    let mut harness = show();
    let steps = harness.run();
    assert!(steps <= 2, "{steps} frames without a reason");
}

proptest! {
    /// Whatever part is shown, each known value in it is drawn, and nothing but known values.
    #[test]
    fn every_known_value_in_view_is_drawn(
        values in prop::collection::vec(prop::option::of(1.0f64..1e6), 1..60),
        from in 0.0f64..50.0,
        length in 1.0f64..50.0,
        bars in any::<bool>(),
    ) {
        let kind = if bars { Kind::Bar } else { Kind::Line };
        let plot = plot("p", Unit::Count, vec![series("s", kind, 0, &values)]);
        let view = Range { from_ms: from * HOUR, to_ms: (from + length) * HOUR };
        let drawn: Vec<[f64; 2]> = items(&plot, view, HOUR, 500.0)
            .into_iter()
            .flat_map(|item| match item {
                retake_charts::Item::Bars { bars, .. } => bars,
                retake_charts::Item::Line { points, .. } | retake_charts::Item::Dots { points, .. } => points,
                retake_charts::Item::Calls { .. } | retake_charts::Item::Cell { .. } => Vec::new(),
            })
            .collect();
        for (i, value) in values.iter().enumerate() {
            let at = (i as f64 + 0.5) * HOUR;
            let here: Vec<f64> = drawn.iter().filter(|[moment, _]| *moment == at).map(|[_, value]| *value).collect();
            let inside = at - HOUR / 2.0 < view.to_ms && at + HOUR / 2.0 > view.from_ms;
            if inside {
                prop_assert_eq!(here, value.iter().copied().collect::<Vec<_>>());
            } else {
                prop_assert!(here.iter().all(|drawn| Some(*drawn) == *value));
            }
        }
    }
}
