//! What the program is started with: `--workspace FILE`, else `RETAKE_WORKSPACE`, else the platform's data folder.
//! `--sample` begins with the sample, in a workspace of its own unless one is named. A link `retake://…` begins at its place.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Read options.
#[derive(Debug, PartialEq, Eq)]
pub struct Options {
    /// The workspace file.
    pub workspace: PathBuf,
    /// Begin with the sample incident.
    pub sample: bool,
    /// Place to begin at.
    pub link: Option<String>,
    /// Say this and end.
    pub say: Option<String>,
}

const USAGE: &str = "\
usage: retake-app [--sample] [--workspace FILE] [retake://…] [FILE.retake]

  --workspace FILE  the workspace; else RETAKE_WORKSPACE, else the usual one
  --sample          begin with the sample incident, in a workspace of its own unless one is named
  retake://…        begin at a place: trace/ID, run/ID, prompt/NAME, search/QUERY, or a view
  --version, --help";

impl Options {
    /// Reads arguments and environment. An unknown argument is an error with the usage as its text.
    pub fn read(
        args: impl IntoIterator<Item = OsString>,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<Self, String> {
        let mut workspace = None;
        let mut sample = false;
        let mut link = None;
        let mut say = None;
        let mut args = args.into_iter();
        while let Some(arg) = args.next() {
            let text = arg.to_string_lossy();
            if text == "--help" || text == "-h" {
                say = Some(USAGE.to_owned());
            } else if text == "--version" || text == "-V" {
                say = Some(format!("retake-app {}", env!("CARGO_PKG_VERSION")));
            } else if text == "--sample" {
                sample = true;
            } else if text == "--workspace" {
                workspace =
                    Some(PathBuf::from(args.next().ok_or_else(|| format!("--workspace needs a file\n{USAGE}"))?));
            } else if let Some(path) = text.strip_prefix("--workspace=") {
                workspace = Some(PathBuf::from(path));
            } else if text.to_lowercase().starts_with("retake:") {
                link = Some(text.into_owned());
            } else if text.ends_with(".retake") {
                // Opened by a double click on the file; some desktops name it by its address.
                let named = tauri::Url::parse(&text).ok().and_then(|url| url.to_file_path().ok());
                workspace = Some(named.unwrap_or_else(|| PathBuf::from(&arg)));
            } else {
                return Err(format!("unknown argument {text:?}\n{USAGE}"));
            }
        }
        let named = variable("RETAKE_WORKSPACE").filter(|value| !value.is_empty()).map(PathBuf::from);
        let workspace = workspace.or(named).unwrap_or_else(|| {
            let usual = retake_api::default_workspace();
            if sample { usual.with_file_name("sample.retake") } else { usual }
        });
        Ok(Self { workspace, sample, link, say })
    }

    /// A relative workspace lies in this folder.
    pub fn based_on(mut self, folder: &Path) -> Self {
        self.workspace = folder.join(self.workspace);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::Options;
    use std::path::Path;

    fn read(args: &[&str], variable: Option<&str>) -> Result<String, String> {
        Options::read(args.iter().map(Into::into), |_| variable.map(Into::into))
            .map(|options| options.workspace.display().to_string())
    }

    #[test]
    fn the_argument_wins_over_the_variable() {
        assert_eq!(read(&["--workspace", "/a.retake"], Some("/b.retake")), Ok("/a.retake".into()));
        assert_eq!(read(&["--workspace=/a.retake"], None), Ok("/a.retake".into()));
        assert_eq!(read(&["/c.retake"], None), Ok("/c.retake".into()));
        assert_eq!(read(&["file:///a%20b/c.retake"], None), Ok("/a b/c.retake".into()));
        assert_eq!(read(&[], Some("/b.retake")), Ok("/b.retake".into()));
    }

    #[test]
    fn the_sample_has_a_workspace_of_its_own_unless_one_is_named() {
        assert!(read(&["--sample"], None).is_ok_and(|path| path.ends_with("sample.retake")));
        assert_eq!(read(&["--sample", "--workspace", "/a.retake"], None), Ok("/a.retake".into()));
    }

    #[test]
    fn a_relative_path_lies_where_the_program_was_started() {
        let options = Options::read(["a.retake".into()], |_| None).expect("it is read").based_on(Path::new("/folder"));
        assert_eq!(options.workspace, Path::new("/folder/a.retake"));
    }

    #[test]
    fn a_link_goes_along() {
        let options = Options::read(["retake://trace/1#a".into()], |_| None).expect("it is read");
        assert_eq!(options.link.as_deref(), Some("retake://trace/1#a"));
    }

    #[test]
    fn what_is_not_understood_is_said() {
        assert!(read(&["--worksapce", "x"], None).is_err_and(|text| text.contains("--worksapce")));
        assert!(read(&["--workspace"], None).is_err());
    }
}
