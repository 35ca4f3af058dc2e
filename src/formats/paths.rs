//! Absolute paths inside data: they say where somebody's files are, so they neither name a case nor leave in an export.

/// What a path ends in when it may hold blanks: without such an ending a text with blanks is a sentence.
const ENDINGS: &[&str] = &[
    ".nii", ".gz", ".npy", ".npz", ".hdr", ".img", ".dcm", ".mha", ".mhd", ".nrrd", ".json", ".jsonl", ".csv", ".tsv", ".txt", ".xml",
    ".png", ".jpg", ".jpeg", ".tif", ".tiff", ".pdf", ".zip", ".tar", ".h5", ".pt", ".pkl", ".parquet", ".xlsx", ".md", ".log",
];

/// True for `/a`, `~/a`, `\\host\a`, `C:\a`, `C:/a` and `file://…`.
pub fn is_absolute(text: &str) -> bool {
    let bytes = text.as_bytes();
    let drive = bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' && matches!(bytes[2], b'\\' | b'/');
    let url = text.get(..7).is_some_and(|start| start.eq_ignore_ascii_case("file://"));
    drive || url || text.starts_with('/') || text.starts_with("~/") || text.starts_with("~\\") || text.starts_with("\\\\")
}

/// The file name of an absolute path; `None` when `text` is something else. A text with blanks counts when it ends as a file does, or when
/// `surely` says that a path is what is expected here.
pub fn file_name(text: &str, surely: bool) -> Option<&str> {
    let text = text.trim();
    let ends = |e: &str| {
        text.len() > e.len() && text.is_char_boundary(text.len() - e.len()) && text[text.len() - e.len()..].eq_ignore_ascii_case(e)
    };
    let whole = surely || !text.contains(char::is_whitespace) || ENDINGS.iter().any(|e| ends(e));
    if !whole || !is_absolute(text) {
        return None;
    }
    text.split(['/', '\\']).rfind(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_paths_are_cut_to_their_file_name() {
        for text in [
            "/home/jo/a b.nii.gz",
            "~/a b.nii.gz",
            "\\\\nas\\x\\a b.nii.gz",
            "C:\\x\\a b.nii.gz",
            "d:/a b.nii.gz",
            "FILE:///srv/a b.nii.gz",
            " /a b.nii.gz",
        ] {
            assert_eq!(file_name(text, false), Some("a b.nii.gz"), "{text}");
        }
        assert_eq!(file_name("/home/jo/scans/", false), Some("scans"));
        assert_eq!(file_name("/home/jo/my scans", true), Some("my scans"));
        for text in ["", "/", "a/b.nii", "R:L", "https://host/a.nii", "/ is a slash", "C: drive", "~5 mm", "é"] {
            assert_eq!(file_name(text, false), None, "{text}");
        }
    }
}
