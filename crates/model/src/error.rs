//! Coded errors. Every error that leaves a crate has a [`Code`]; each code has an exit status of the command line and
//! stands in `docs/errors.md` with cause and remedy.

use serde::{Deserialize, Serialize};

/// Area of a code: its letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Area {
    Import,
    Query,
    Store,
    Wire,
    Provider,
    Replay,
    Golden,
    Connect,
    Finding,
    Policy,
    Keys,
    Api,
}

/// Exit status of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
#[expect(missing_docs, reason = "the words say it")]
pub enum Exit {
    Done = 0,
    GateFailed = 1,
    Usage = 2,
    Input = 3,
    Provider = 4,
    Refused = 5,
    Workspace = 6,
    Undecided = 7,
    Interrupted = 130,
}

macro_rules! codes {
    (@window $remedy:literal) => { $remedy };
    (@window $remedy:literal $window:literal) => { $window };
    ($($variant:ident = $text:literal, $exit:ident, $cause:literal, $remedy:literal $(, window $window:literal)?;)*) => {
        /// A stable code. The text (`RTK-I012`) never changes its meaning.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $(#[doc = $cause] $variant),* }
        impl Code {
            /// Every code, for the generated reference.
            pub const ALL: &'static [Code] = &[$(Code::$variant),*];
            /// The text, as printed.
            pub fn as_str(self) -> &'static str { match self { $(Self::$variant => $text),* } }
            /// Exit status of a command that ends with it.
            pub fn exit(self) -> Exit { match self { $(Self::$variant => Exit::$exit),* } }
            /// What leads to it, one clause.
            pub fn cause(self) -> &'static str { match self { $(Self::$variant => $cause),* } }
            /// What to do about it, one sentence.
            pub fn remedy(self) -> &'static str { match self { $(Self::$variant => $remedy),* } }
            /// The same where there is a window, which has no options to pass.
            pub fn remedy_in_window(self) -> &'static str {
                match self { $(Self::$variant => codes!(@window $remedy $($window)?)),* }
            }
        }
    };
}

codes! {
    InputUnreadable = "RTK-I001", Input, "a named path cannot be read", "Check that the path exists and that you may read it.";
    InputNotUnderstood = "RTK-I002", Input, "no format claims the file", "Run `retake formats` to see what is understood, name a format with `--format`, or let `retake mapping suggest FILE` propose a mapping for `--map`.", window "Sources, Formats lists what is understood; any other log of calls or events is read with a mapping: Map a file.";
    FormatAmbiguous = "RTK-I003", Input, "two formats claim the file with equal strength", "Name the format with `--format`.", window "Map the file under Sources, Mapping, which says what it is.";
    FormatUnknown = "RTK-I004", Usage, "no format has this name", "Run `retake formats` for the names.";
    RecordUnreadable = "RTK-I010", Input, "a record cannot be decoded", "Look at the example and its offset; the record is kept raw and the rest is imported.";
    RecordTruncated = "RTK-I011", Input, "the file ends within a record", "Export the file again; what is whole was imported.";
    SpanWithoutTraceId = "RTK-I012", Input, "a span has no trace id", "Fix the exporter; the span is kept raw.";
    SpanWithoutSpanId = "RTK-I013", Input, "a span has no id of its own", "Fix the exporter; the span is kept raw.";
    NestingTooDeep = "RTK-I014", Input, "a record is nested more than 128 levels deep", "The record is kept raw; flatten it at the source.";
    RecordTooLarge = "RTK-I015", Input, "a record is larger than 64 MiB", "The record is kept as it came and not indexed: `retake batches kept` gives it back. Split it at the source.";
    InvalidUtf8 = "RTK-I016", Input, "a record holds bytes that are not UTF-8", "Export as UTF-8; the bytes are kept raw.";
    DuplicateKey = "RTK-I017", Input, "a JSON object repeats a key", "The last value was taken, unless the warning says otherwise; fix the exporter.";
    NumberNotFinite = "RTK-I018", Input, "a number is NaN or infinite", "The value was taken as unknown.";
    ArchiveBomb = "RTK-I019", Input, "an archive expands beyond the limit", "Unpack it yourself if you trust it, and import the files.";
    ArchiveDamaged = "RTK-I020", Input, "an archive is damaged", "Fetch the archive again; what could be unpacked was imported.";
    StdinNeedsSeek = "RTK-I021", Input, "this kind of file cannot be read from standard input above 64 MiB", "Save it to a file first and import that.";
    TimeUnreadable = "RTK-I022", Input, "a time cannot be read", "The time was taken as unknown; give a mapping with `--map` whose `time.format` says how it is written, as `%d/%m/%Y %H:%M:%S`.", window "The time was taken as unknown; a mapping (Sources, Mapping) says how it is written, as `%d/%m/%Y %H:%M:%S`.";
    ClockSkew = "RTK-I023", Input, "a span ends before it starts, or starts before its parent", "Shown as recorded; check the clocks of the services.";
    MappingInvalid = "RTK-I024", Usage, "the mapping file cannot be used", "See `retake schema mapping` for its form.";
    FieldUnmapped = "RTK-I025", Input, "a column or word of the log has no meaning that we know", "Give its meaning in a mapping file.";
    SumDiffers = "RTK-I026", Input, "the source states a total that its own parts do not make", "Both numbers are shown; the parts are used.";
    RecordBeyondSample = "RTK-I028", Input, "the first record does not end within what a preview reads", "A preview reads the first MiB: import the file with the mapping without one, or split the record at the source.";
    MappingExists = "RTK-I029", Usage, "a file of this name is there already", "Choose another name, or say that it is to be replaced; only a mapping is.";
    ImportCancelled = "RTK-I027", Interrupted, "the import was cancelled", "Run it again to complete it; complete records were kept.";
    QuerySyntax = "RTK-Q001", Usage, "the query cannot be read", "Look at the marked place.";
    QueryUnknownField = "RTK-Q002", Usage, "the query names a field that does not exist", "Use one of the fields named in the hint, or quote the words.";
    QueryBadValue = "RTK-Q003", Usage, "a field cannot take this value", "Use the form named in the hint.";
    QuerySortUnknown = "RTK-Q004", Usage, "the list cannot be sorted by this field", "Use one of the fields named in the hint.";
    CursorInvalid = "RTK-Q005", Usage, "the cursor is not one of this query", "Start from the first page.";
    WorkspaceMissing = "RTK-S001", Workspace, "there is no workspace at this path", "Import something into it first, or correct `--workspace`.", window "Import something first, or open another workspace: the menu at its name, below at the right.";
    WorkspaceForeign = "RTK-S002", Workspace, "the file is not a Retake workspace", "Name another file; this one was not touched. If it was a workspace once, it is damaged: put back a copy from your backup.";
    WorkspaceNewer = "RTK-S003", Workspace, "the workspace was written by a newer Retake", "Update Retake; the file was not touched.";
    WorkspaceDamaged = "RTK-S004", Workspace, "the workspace is damaged", "Put back a copy from your backup (a migration leaves one beside the file, ending in `.backup`), or import the sources into a new workspace. While it still opens, `retake doctor` says what is broken.";
    WorkspaceLocked = "RTK-S005", Workspace, "another program holds the workspace", "Wait for the migration or import to end and try again.";
    DiskFull = "RTK-S006", Workspace, "the disk is full or the file cannot grow", "Free some space and run it again; nothing is half-written.";
    StoreFailed = "RTK-S007", Workspace, "the database gave an unexpected error", "Run `retake doctor` and report the message.";
    IdUnknown = "RTK-S010", Input, "nothing in the workspace has this id", "Search for it; ids may be given as a unique prefix.";
    IdAmbiguous = "RTK-S011", Usage, "several things have an id that begins like this", "Give more of it, or its kind as in `trace:…`.";
    BodyUnreadable = "RTK-W001", Input, "the body is no request or answer that we know", "See `retake formats` for the shapes.";
    ConversionLoses = "RTK-W002", Usage, "the target API cannot carry part of the request", "Look at the list of losses, or choose another provider.";
    PricesUnreadable = "RTK-W003", Input, "the price file cannot be read", "Use the form that `retake pricing list --json` prints, or a LiteLLM price map.";
    ProviderRefused = "RTK-P001", Provider, "the provider answered with an error", "Read its own message.";
    ProviderRateLimited = "RTK-P002", Provider, "the provider answered 429", "Lower `--concurrency` or wait.", window "Wait, or send fewer at once.";
    ProviderUnreachable = "RTK-P003", Provider, "no connection to the provider", "Check the address and that the server runs.";
    ProviderTimeout = "RTK-P004", Provider, "the provider did not answer in time", "Raise `first-token-timeout` or `timeout` of the variant.";
    ProviderCutShort = "RTK-P005", Provider, "the stream ended before its last event", "Run it again; what was received is kept.";
    ProviderBadAnswer = "RTK-P006", Provider, "the provider's answer cannot be read", "Check that the base URL speaks the API named by `provider`.";
    ProviderKeyRejected = "RTK-P007", Provider, "the provider rejected the key", "Store a valid key with `retake secret set`.";
    ProviderUnknown = "RTK-P008", Usage, "no provider has this name", "Use `openai`, `openai-compatible`, `anthropic` or `recorded`.";
    RecordingMissing = "RTK-P009", Provider, "there is no recorded answer for this request", "Choose a live provider, or replay the call as it was.";
    VariantInvalid = "RTK-R001", Usage, "the variant cannot be read", "Look at the named key; `retake replay --help` lists the keys.", window "Look at the named part of the variant's card.";
    VariableMissing = "RTK-R002", Usage, "the template has a variable without a value", "Use a prompt whose variables the trace holds.";
    FidelityTooLow = "RTK-R003", Usage, "the request could not be rebuilt well enough", "Accept it with `--accept-fidelity LEVEL`.", window "Accept the fidelity when the window asks, or choose a call that recorded more.";
    RequestRedacted = "RTK-R004", Refused, "the request holds a redacted secret", "Replace the text in a variant, since what was removed cannot be sent.";
    NothingToReplay = "RTK-R005", Input, "the trace or query holds no model call", "Choose a model call.";
    DestinationNew = "RTK-R006", Usage, "the run would send to a new destination", "Allow it with `--allow-destination HOST`.", window "Run again and allow the destination when the window asks.";
    SpendingUnlimited = "RTK-R007", Usage, "the run would spend without a limit", "Set one with `--max-usd`.", window "Set a limit under the plan of the run.";
    PriceUnknown = "RTK-R008", Usage, "the model has no price", "Import a price with `retake pricing import`, or pass `--allow-unpriced`.", window "Allow calls without a price when the window asks, or import a price with the command `retake pricing import`.";
    SpendingLimit = "RTK-R009", Refused, "the next call would pass the spending limit", "A run keeps its limit: start another with a higher `--max-usd` for what is left.", window "A run keeps its limit: start another with a higher one for what is left.";
    RunBusy = "RTK-R010", Workspace, "another program is working on this run", "Wait for it to end.";
    Cancelled = "RTK-R011", Interrupted, "stopped by the user", "Resume it; what was done is kept.";
    ConfirmationNeeded = "RTK-R012", Usage, "the command asks before it goes on", "Pass `--yes`.", window "Confirm it when the window asks.";
    PromptUnknown = "RTK-R013", Input, "no prompt or version has this name", "Run `retake prompt list`.";
    DocumentNotPlaced = "RTK-R014", Usage, "the document cannot be found in the prompt", "Run `retake context` to see which documents stand in the prompt.";
    SetInvalid = "RTK-G001", Input, "the folder is not a golden set", "Name a folder with a `set.yaml`, or make one with `retake promote`.";
    SetEmpty = "RTK-G002", GateFailed, "the golden set has no cases", "Promote a case into it.";
    CaseUnreadable = "RTK-G003", GateFailed, "a case file cannot be read", "Look at the named place in the file.";
    CassetteMissing = "RTK-G004", GateFailed, "the case names a recording that is not there", "Restore the file, or promote the case again.";
    CaseExists = "RTK-G005", Usage, "the set has a case of this name", "Choose another `--name`.", window "Choose another name.";
    AssertionInvalid = "RTK-G006", Usage, "the assertion cannot be read", "See `retake schema case` for the types and their fields.";
    AssertionFailed = "RTK-G007", GateFailed, "the check is below its threshold", "Read the reasons of the failed assertions.";
    CheckUndecided = "RTK-G008", Undecided, "the answers do not suffice to tell whether the gate passes", "Check with more `--repeats` or more cases, or say with `--inconclusive` what it counts as.", window "Check with more repeats or more cases.";
    ConnectionUnknown = "RTK-C001", Usage, "no connection has this name", "Run `retake connect list`.";
    ConnectionInvalid = "RTK-C002", Usage, "the connection cannot be used", "Check its kind and base URL.";
    PolicyInvalid = "RTK-X001", Usage, "the policy file cannot be used", "See `retake schema policy` for its form.";
    KeyringMissing = "RTK-K001", Refused, "no system keyring answers", "Set the environment variable named in the hint instead.";
    KeyMissing = "RTK-K002", Refused, "there is no key for the connection", "Store it with `retake secret set`, or set the environment variable named in the hint.", window "Store it at the connection, under Sources, or set the environment variable named in the hint.";
    KeyInvalid = "RTK-K003", Usage, "the key holds characters that no header can carry", "Paste the key again without spaces or line breaks.";
    UsageInvalid = "RTK-A001", Usage, "the command cannot be carried out as written", "Look at its `--help`.", window "Change what the message names.";
    OutputUnwritable = "RTK-A002", Input, "the output cannot be written", "Check the path and the space on the disk.";
    Internal = "RTK-A003", Input, "a defect of Retake", "Report it with the copied details.";
    FileNotChosen = "RTK-A005", Usage, "the window was asked to read a file that nobody chose", "Choose it with *Map a file*, or drop it on the window.";
    SchemaUnknown = "RTK-A004", Usage, "no document has this name", "Run `retake schema` for the names.";
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(format!("unknown code {text:?}")))
    }
}

impl std::fmt::Display for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Code {
    /// Inverse of [`Code::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }

    /// Area, from the letter of the text.
    pub fn area(self) -> Area {
        match self.as_str().as_bytes().get(4) {
            Some(b'I') => Area::Import,
            Some(b'Q') => Area::Query,
            Some(b'S') => Area::Store,
            Some(b'W') => Area::Wire,
            Some(b'P') => Area::Provider,
            Some(b'R') => Area::Replay,
            Some(b'G') => Area::Golden,
            Some(b'C') => Area::Connect,
            Some(b'F') => Area::Finding,
            Some(b'X') => Area::Policy,
            Some(b'K') => Area::Keys,
            _ => Area::Api,
        }
    }
}

/// An error that leaves its crate: a code, and a hint where one helps more than the code's own remedy.
pub trait Coded: std::error::Error {
    /// The stable code.
    fn code(&self) -> Code;
    /// One sentence that starts with a verb; by default the remedy of the code.
    fn hint(&self) -> Option<String> {
        Some(self.code().remedy().to_owned())
    }
    /// Place in the input in characters, for errors about a text that the user wrote.
    fn span(&self) -> Option<(usize, usize)> {
        None
    }
}
