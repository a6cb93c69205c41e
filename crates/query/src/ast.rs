//! The syntax tree. Values are normalised while parsing: durations to nanoseconds, money to nano-dollars, times to a
//! half-open range of nanoseconds since the epoch, so that no reader has to know units or zones.

use crate::field::Field;

/// A query.
#[derive(Debug, Clone, PartialEq)]
pub struct Query {
    /// What has to hold; [`Expr::All`] for the empty query.
    pub expr: Expr,
}

impl Query {
    /// The query that matches everything.
    pub fn all() -> Self {
        Self { expr: Expr::All }
    }

    /// Both queries at once.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self { expr: Expr::and(vec![self.expr, other.expr]) }
    }
}

/// An expression. `And` and `Or` hold at least two members, none of the same kind.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// Everything.
    All,
    /// All members hold.
    And(Vec<Expr>),
    /// At least one member holds.
    Or(Vec<Expr>),
    /// The member does not hold.
    Not(Box<Expr>),
    /// A term.
    Term(Term),
}

impl Expr {
    /// Conjunction in normal form: flat, without `All`.
    pub fn and(members: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(members.len());
        for member in members {
            match member {
                Self::And(inner) => flat.extend(inner),
                Self::All => {}
                other => flat.push(other),
            }
        }
        if flat.len() > 1 { Self::And(flat) } else { flat.pop().unwrap_or(Self::All) }
    }

    /// Disjunction in normal form: flat.
    pub fn or(members: Vec<Self>) -> Self {
        let mut flat = Vec::with_capacity(members.len());
        for member in members {
            match member {
                Self::Or(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        if flat.len() > 1 { Self::Or(flat) } else { flat.pop().unwrap_or(Self::All) }
    }

    /// Calls `visit` for every term, those inside `span(…)` too.
    pub fn for_each_term<'a>(&'a self, visit: &mut dyn FnMut(&'a Term)) {
        match self {
            Self::All => {}
            Self::And(members) | Self::Or(members) => members.iter().for_each(|member| member.for_each_term(visit)),
            Self::Not(member) => member.for_each_term(visit),
            Self::Term(term) => {
                visit(term);
                if let Term::Span(inner) = term {
                    inner.for_each_term(visit);
                }
            }
        }
    }
}

/// One condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Term {
    /// Words of a text.
    Words(Words),
    /// A field.
    Field(FieldTerm),
    /// All of it holds on one span.
    Span(Box<Expr>),
}

/// Words to find in texts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Words {
    /// As written, without quotes and without the star of a prefix.
    pub text: String,
    /// How they are meant.
    pub form: Form,
}

/// How [`Words`] are meant. A bare word that segments into several parts (`kb-17`) is the phrase of its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// A bare word.
    Word,
    /// `x*`
    Prefix,
    /// `"two words"`
    Phrase,
}

/// A condition on a field.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldTerm {
    /// The field.
    pub field: Field,
    /// The score's name, for [`Field::Score`].
    pub name: Option<String>,
    /// What it has to be.
    pub test: Test,
}

/// What a field has to be. An unknown value satisfies no test.
#[derive(Debug, Clone, PartialEq)]
pub enum Test {
    /// A text, case folded, with `*` for any characters.
    Text(Pattern),
    /// A quantity in the field's unit (nanoseconds, nano-dollars, tokens).
    Quantity(Compare, i64),
    /// Quantities from..to, both ends in.
    QuantityRange(Option<i64>, Option<i64>),
    /// A number, for scores.
    Number(Compare, f64),
    /// Numbers from..to, both ends in.
    NumberRange(Option<f64>, Option<f64>),
    /// Nanoseconds since the epoch, left end in, right end out.
    Time(Option<i64>, Option<i64>),
}

/// Comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compare {
    /// `=`, or nothing
    Equal,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
}

impl Compare {
    /// Applies the comparison.
    pub fn holds<T: PartialOrd>(self, left: &T, right: &T) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Greater => left > right,
            Self::GreaterEqual => left >= right,
            Self::Less => left < right,
            Self::LessEqual => left <= right,
        }
    }

    /// As written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "",
            Self::Greater => ">",
            Self::GreaterEqual => ">=",
            Self::Less => "<",
            Self::LessEqual => "<=",
        }
    }
}

/// A text with stars: the pieces between the stars. One piece is an exact text, `["gpt-4o", ""]` is `gpt-4o*`,
/// `["", ""]` is `*` (any known value).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Pattern {
    /// Pieces between the stars, as written.
    pub pieces: Vec<String>,
}

impl Pattern {
    /// An exact text.
    pub fn exact(text: impl Into<String>) -> Self {
        Self { pieces: vec![text.into()] }
    }

    /// The text, if it holds no star.
    pub fn as_exact(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [one] => Some(one),
            _ => None,
        }
    }

    /// The beginning, if the only star is the last character.
    pub fn as_prefix(&self) -> Option<&str> {
        match self.pieces.as_slice() {
            [start, end] if end.is_empty() => Some(start),
            _ => None,
        }
    }

    /// True when `value` matches, case folded.
    pub fn matches(&self, value: &str) -> bool {
        let value = value.to_lowercase();
        let Some((first, rest)) = self.pieces.split_first() else { return false };
        let first = first.to_lowercase();
        let Some((last, middle)) = rest.split_last() else { return value == first };
        let last = last.to_lowercase();
        let Some(mut left) = value.strip_prefix(first.as_str()) else { return false };
        for piece in middle {
            let piece = piece.to_lowercase();
            match left.find(piece.as_str()) {
                Some(at) => left = &left[at + piece.len()..],
                None => return false,
            }
        }
        left.len() >= last.len() && left.ends_with(last.as_str())
    }
}
