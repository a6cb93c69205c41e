//! What could be written at the cursor, for the window's search box.

use crate::field::Field;

/// Where the cursor stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Position {
    /// A word is being written that may become a field's name.
    FieldOrWord,
    /// The value of a field.
    Value {
        /// The field.
        field: Field,
        /// Name of the score, for [`Field::Score`].
        name: Option<String>,
    },
    /// Inside quotes: nothing to offer.
    Quoted,
}

/// What could be written at the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completion {
    /// Where the cursor stands.
    pub position: Position,
    /// The part that a choice replaces, in characters.
    pub start: usize,
    /// One past its last character.
    pub end: usize,
    /// That part, up to the cursor.
    pub typed: String,
    /// Names of fields, or words that the field takes, that begin with it; values from the data are the store's.
    pub words: Vec<&'static str>,
}

/// Looks at `text` with the cursor before character `cursor`.
pub fn complete(text: &str, cursor: usize) -> Completion {
    crate::lexer::complete(text, cursor)
}
