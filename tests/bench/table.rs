//! Figures with their bounds and aims, printed as a table and kept as JSON lines.

use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use std::io::Write as _;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// What a figure is to be.
#[derive(Debug, Clone, Copy)]
pub enum Aim {
    AtLeast(f64),
    AtMost(f64),
    /// A bound or a figure for the record.
    None,
}

struct Row {
    what: String,
    at: String,
    value: f64,
    unit: &'static str,
    aim: Aim,
    note: String,
}

#[derive(Default)]
pub struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// Adds a figure and says it at once: a run takes minutes.
    pub fn add(
        &mut self,
        what: &str,
        at: impl Into<String>,
        value: f64,
        unit: &'static str,
        aim: Aim,
        note: impl Into<String>,
    ) {
        let row = Row { what: what.into(), at: at.into(), value, unit, aim, note: note.into() };
        eprintln!("{}", line(&row));
        self.rows.push(row);
    }

    pub fn print(&self) {
        println!("\n{:<34} {:<10} {:>16}  {:<18} note", "figure", "at", "value", "aim");
        for row in &self.rows {
            println!("{}", line(row));
        }
        let judged = self.rows.iter().filter_map(holds);
        let (held, all) = judged.fold((0, 0), |(held, all), holds| (held + usize::from(holds), all + 1));
        println!("\n{held} of {all} aims held");
    }

    /// One JSON object for the run.
    pub fn append(&self, path: &Path) -> Result<()> {
        let at = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|row| json!({"figure": row.what, "at": row.at, "value": row.value, "unit": row.unit, "aim": aim(row.aim), "held": holds(row), "note": row.note}))
            .collect();
        let run =
            json!({"at_s": at, "cores": std::thread::available_parallelism().map_or(0, usize::from), "rows": rows});
        let mut file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(path)
            .with_context(|| path.display().to_string())?;
        writeln!(file, "{run}")?;
        Ok(())
    }
}

fn holds(row: &Row) -> Option<bool> {
    match row.aim {
        Aim::AtLeast(aim) => Some(row.value >= aim),
        Aim::AtMost(aim) => Some(row.value <= aim),
        Aim::None => None,
    }
}

fn aim(aim: Aim) -> String {
    match aim {
        Aim::AtLeast(value) => format!(">= {}", number(value)),
        Aim::AtMost(value) => format!("<= {}", number(value)),
        Aim::None => String::new(),
    }
}

fn line(row: &Row) -> String {
    let word = match holds(row) {
        Some(true) => "ok",
        Some(false) => "MISSED",
        None => "",
    };
    let value = format!("{} {}", number(row.value), row.unit);
    format!("{:<34} {:<10} {value:>16}  {:<11} {word:<6} {}", row.what, row.at, aim(row.aim), row.note)
}

/// Three significant digits, thousands apart.
fn number(value: f64) -> String {
    if value.abs() < 100.0 {
        return format!("{value:.*}", if value.abs() < 10.0 { 2 } else { 1 });
    }
    let digits = format!("{value:.0}");
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
