//! The CaretExtension XML that TotalSegmentator and Connectome Workbench write into a NIfTI header extension.

use super::Entry;

/// A table of 65,535 names takes less than 10 MB as XML; TotalSegmentator's takes 12 KB.
const MOST_BYTES: usize = 12 << 20;
/// A label has six; the parser's time grows with the square of their number.
const MOST_ATTRIBUTES: usize = 100;
/// Bad keys that are named one by one.
const MOST_NAMED: usize = 3;

/// Names and colours of a header extension; `None` when it is something else. What cannot be used becomes a warning: the voxels are
/// good without it.
pub fn parse(content: &[u8], warnings: &mut Vec<String>) -> Option<Vec<Entry>> {
    let text = String::from_utf8_lossy(content);
    let text = text.trim_matches(|c: char| c == '\0' || c.is_whitespace());
    if !text.contains("<CaretExtension") {
        return None;
    }
    if let Some(why) = too_much(text) {
        warnings.push(format!("label names in the header are ignored: {why}"));
        return None;
    }
    let xml = match roxmltree::Document::parse(text) {
        Ok(xml) => xml,
        Err(e) => {
            warnings.push(format!("label names in the header are damaged and ignored: {e}"));
            return None;
        }
    };
    let labels = xml.descendants().filter(|n| n.has_tag_name("Label"));
    let mut bad = Vec::new();
    let entries = labels.filter_map(|node| entry(&node, &mut bad)).collect();
    for key in bad.iter().take(MOST_NAMED) {
        warnings.push(format!("the header names a label with the key '{key}', which is not 0 to 65,535; it is ignored"));
    }
    if bad.len() > MOST_NAMED {
        warnings.push(format!("{} more labels of the header have no usable key and are ignored", bad.len() - MOST_NAMED));
    }
    Some(entries)
}

/// Why parsing is not even tried. Values of attributes are passed over, CDATA and comments may hold what they like.
fn too_much(text: &str) -> Option<String> {
    if text.len() > MOST_BYTES {
        return Some("the table is larger than 12 MiB".into());
    }
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        let special = [("<![CDATA[", "]]>"), ("<!--", "-->")].into_iter().find(|(start, _)| rest.starts_with(start));
        if let Some((start, end)) = special {
            rest = rest[start.len()..].find(end).map_or("", |at| &rest[start.len() + at..]);
            continue;
        }
        let (attributes, length) = tag(rest);
        if attributes > MOST_ATTRIBUTES {
            return Some(format!("a tag has more than {MOST_ATTRIBUTES} attributes"));
        }
        rest = &rest[length..];
    }
    None
}

/// Number of attributes and bytes of the tag that `text` starts with.
fn tag(text: &str) -> (usize, usize) {
    let (mut attributes, mut quote) = (0, None);
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(q), b) if b == q => quote = None,
            (Some(_), _) => {}
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'=') => attributes += 1,
            (None, b'>') => return (attributes, at + 1),
            (None, _) => {}
        }
    }
    (attributes, text.len())
}

fn entry(node: &roxmltree::Node<'_, '_>, bad: &mut Vec<String>) -> Option<Entry> {
    let key = node.attribute("Key").unwrap_or_default();
    let Ok(value) = key.trim().parse::<u16>() else {
        bad.push(crate::formats::json::shorten(key));
        return None;
    };
    let name = node.text().unwrap_or_default().trim();
    if value == 0 {
        return None; // background
    }
    let channel = |name: &str| {
        let v: f64 = node.attribute(name)?.trim().parse().ok()?;
        v.is_finite().then(|| (v.clamp(0.0, 1.0) * 255.0).round() as u8)
    };
    let color = channel("Red").zip(channel("Green")).zip(channel("Blue")).map(|((r, g), b)| [r, g, b]);
    let name = if name.is_empty() { format!("label {value}") } else { name.to_owned() };
    Some(Entry { value, name, color })
}

/// The XML for a table, as TotalSegmentator lays it out.
pub fn write(entries: &[Entry]) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?><CaretExtension><VolumeInformation Index=\"0\"><LabelTable>\n");
    for e in entries {
        let [r, g, b] = e.color.unwrap_or_else(|| crate::volume::palette(e.value)).map(|c| f64::from(c) / 255.0);
        let name = e.name.replace("]]>", "]] >");
        let line = format!("<Label Key=\"{}\" Red=\"{r}\" Green=\"{g}\" Blue=\"{b}\" Alpha=\"1\"><![CDATA[{name}]]></Label>\n", e.value);
        xml.push_str(&line);
    }
    xml.push_str("</LabelTable><VolumeType><![CDATA[Label]]></VolumeType></VolumeInformation></CaretExtension>");
    xml
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let entries = vec![
            Entry { value: 1, name: "kidney_left".into(), color: Some([255, 128, 0]) },
            Entry { value: 65535, name: "<odd> & ]]> name".into(), color: Some([1, 2, 3]) },
        ];
        let mut warnings = Vec::new();
        let back = parse(format!("{}  \0\0", write(&entries)).as_bytes(), &mut warnings).unwrap();
        assert_eq!((back[0].clone(), back[1].name.as_str()), (entries[0].clone(), "<odd> & ]] > name"));
        assert!(warnings.is_empty());
    }

    #[test]
    fn damage_is_a_warning_not_an_end() {
        let mut warnings = Vec::new();
        assert_eq!(parse(b"<CaretExtension><Label", &mut warnings), None);
        assert!(warnings[0].contains("damaged"));
        assert_eq!(parse(b"something else", &mut warnings), None);
        let bad = b"<CaretExtension><Label Key='70000'>x</Label><Label Key='0'>bg</Label><Label Key='3' Red='nan'/></CaretExtension>";
        let read = parse(bad, &mut warnings).unwrap();
        assert_eq!(read, [Entry { value: 3, name: "label 3".into(), color: None }]);
        assert!(warnings[1].contains("70000"));
    }

    #[test]
    fn what_would_take_long_or_say_much_is_cut_short() {
        let label = |attributes: usize| {
            let many: String = (0..attributes).map(|n| format!(" a{n}='=>'")).collect();
            format!("<CaretExtension><Label Key='1'{many}><![CDATA[a < b = c]]></Label></CaretExtension>")
        };
        let mut warnings = Vec::new();
        assert_eq!(parse(label(50).as_bytes(), &mut warnings).unwrap()[0].name, "a < b = c");
        assert_eq!(parse(label(60_000).as_bytes(), &mut warnings), None);
        assert!(warnings.len() == 1 && warnings[0].contains("attributes"), "{warnings:?}");
        assert_eq!(parse(format!("<CaretExtension>{}</CaretExtension>", " ".repeat(13 << 20)).as_bytes(), &mut warnings), None);
        assert!(warnings.len() == 2 && warnings[1].contains("12 MiB"), "{warnings:?}");
        let bad = format!("<CaretExtension>{}</CaretExtension>", "<Label Key='x'/>".repeat(1000));
        assert_eq!(parse(bad.as_bytes(), &mut warnings), Some(Vec::new()));
        assert!(warnings.len() == 6 && warnings[5].contains("997 more"), "{warnings:?}");
    }

    #[test]
    fn entity_bombs_are_refused() {
        let bomb = b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]><CaretExtension><Label Key='1'>&a;</Label></CaretExtension>";
        assert_eq!(parse(bomb, &mut Vec::new()), None);
    }
}
