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

/// A text with every absolute path in it cut to its file name; `None` when it holds none.
///
/// A path within a text begins after a blank, a quote, a bracket, `=`, `,`, `;`, `|` or `:`, has at least two folders or begins as one on
/// some machine does, and goes on over blanks as long as the next word has a slash.
pub fn without_folders(text: &str, surely: bool) -> Option<String> {
    if let Some(name) = file_name(text, surely).filter(|_| !text.contains([',', ';', '|', '"'])) {
        return Some(anonymous(text, name).to_owned());
    }
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut before, mut found) = (text, ' ', false);
    while let Some(c) = rest.chars().next() {
        let length = if " \t\n\"'([{<=,;|:".contains(before) { path_at(rest, before) } else { None };
        if let Some(length) = length {
            let path = rest[..length].trim_end();
            out.push_str(anonymous(path, path.split(['/', '\\']).rfind(|part| !part.is_empty()).unwrap_or_default()));
            out.push_str(&rest[path.len()..length]);
            (rest, before, found) = (&rest[length..], '/', true);
        } else {
            out.push(c);
            (rest, before) = (&rest[c.len_utf8()..], c);
        }
    }
    found.then_some(out)
}

/// Of somebody's own folder not even the name stays.
fn anonymous<'a>(path: &str, name: &'a str) -> &'a str {
    let mut parts = path.split(['/', '\\']).rev().filter(|part| !part.is_empty());
    let folder = parts.nth(1).unwrap_or_default().to_ascii_lowercase();
    if matches!(folder.as_str(), "home" | "users") { "home" } else { name }
}

/// Folders at the top of which people's and groups' folders lie.
const ROOTS: &[&str] = &[
    "home", "users", "root", "mnt", "media", "data", "srv", "scratch", "tmp", "var", "opt", "nfs", "gpfs", "lustre", "work", "cluster",
    "export", "exports", "vol", "volume1", "volumes", "storage", "project", "projects", "run", "net", "private", "usr", "models",
];

/// Length of the absolute path that `text` begins with, in bytes.
fn path_at(text: &str, before: char) -> Option<usize> {
    if !is_absolute(text) || before == ':' && text.starts_with("//") {
        return None;
    }
    let ends = |c: char| c.is_whitespace() || "\"'<>|,;)]}".contains(c);
    let mut end = text.find(ends).unwrap_or(text.len());
    // "/home/jo doe/scans": the next word goes on with the path.
    while text[end..].starts_with(' ') {
        let word = &text[end + 1..];
        let length = word.find(ends).unwrap_or(word.len());
        if is_absolute(word) || !word[..length].contains(['/', '\\']) {
            break;
        }
        end += 1 + length;
    }
    let parts: Vec<&str> = text[..end].split(['/', '\\']).filter(|part| !part.is_empty()).collect();
    let known = parts.first().is_some_and(|first| ROOTS.contains(&first.to_ascii_lowercase().as_str()) || first.contains([':', '~']));
    let unc = text.starts_with("\\\\");
    (parts.len() > 2 || parts.len() == 2 && (known || unc)).then_some(end)
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

    #[test]
    fn paths_within_a_text_are_cut_too() {
        for (text, left) in [
            ("/home/jo doe/scans", "scans"),
            ("C:\\Users\\jo doe\\scans", "scans"),
            ("file:///home/jo doe/s", "s"),
            ("see /home/jo/x", "see x"),
            ("--ct=/home/jo/x.nii.gz", "--ct=x.nii.gz"),
            ("/a/b/c.nii, /a/b/d.nii", "c.nii, d.nii"),
            ("(\"/srv/ct/1.nii\")", "(\"1.nii\")"),
            ("nas:/export/ct/1.nii", "nas:1.nii"),
            ("run in ~/jo/ct and D:\\x\\y", "run in ct and y"),
            ("/home/jo", "home"),
            ("from /Users/jo", "from home"),
        ] {
            assert_eq!(without_folders(text, false).as_deref(), Some(left), "{text}");
        }
        for text in ["", "5 mm/px", "10 mL /min", "and/or", "https://host/a/b.nii", "a /b", "R/L/A", "1/2/3", "meta/llama"] {
            assert_eq!(without_folders(text, false), None, "{text}");
        }
    }
}
