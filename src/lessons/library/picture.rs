//! How large an image is, so that a page can keep its place before it arrives.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use super::reader::has_ending;

/// The width and the height of an image in pixels, where its file says them.
pub(in crate::lessons) fn measure(path: &str, bytes: &[u8]) -> Option<(u32, u32)> {
    if has_ending(path, "svg") {
        return measure_drawing(std::str::from_utf8(bytes).ok()?);
    }
    let size = imagesize::blob_size(bytes).ok()?;
    Some((u32::try_from(size.width).ok()?, u32::try_from(size.height).ok()?))
}

fn measure_drawing(text: &str) -> Option<(u32, u32)> {
    let mut reader = Reader::from_str(text);
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) | Event::Empty(tag) => return size_of(&tag),
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// The size that the outermost tag gives: its own, or that of what it shows.
fn size_of(tag: &BytesStart<'_>) -> Option<(u32, u32)> {
    let value = |name: &str| {
        let mut attributes = tag.attributes().flatten();
        attributes.find(|one| one.key.as_ref() == name).map(|one| one.value.into_owned())
    };
    let own = |name: &str| pixels(value(name)?.trim_end_matches("px"));
    if let (Some(width), Some(height)) = (own("width"), own("height")) {
        return Some((width, height));
    }
    let shown = value("viewBox")?;
    let mut sides = shown.split([' ', ',']).filter(|part| !part.is_empty()).skip(2).map(pixels);
    Some((sides.next()??, sides.next()??))
}

fn pixels(text: &str) -> Option<u32> {
    let whole = text.split('.').next()?;
    whole.parse().ok().filter(|length| *length > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drawing_says_its_size_or_what_it_shows() {
        let size = |text: &str| measure("a.svg", text.as_bytes());
        assert_eq!(size("<?xml version=\"1.0\"?>\n<!-- x --><svg width=\"30px\" height=\"20.5\"/>"), Some((30, 20)));
        assert_eq!(size("<svg width=\"100%\" viewBox=\"0 0 320 120\"></svg>"), Some((320, 120)));
        assert_eq!(size("<svg viewBox=\"0,0,8,9\"/>"), Some((8, 9)));
        for unknown in
            ["<svg/>", "<svg viewBox=\"0 0 8\"/>", "<svg width=\"0\" height=\"3\"/>", "", "no drawing", "<svg"]
        {
            assert_eq!(size(unknown), None, "{unknown}");
        }
        assert_eq!(measure("a.svg", b"\xff"), None);
    }

    #[test]
    fn other_images_are_known_by_their_first_bytes() {
        let gif = b"GIF89a\x05\x00\x07\x00\x00\x00\x00";
        assert_eq!(measure("a.gif", gif), Some((5, 7)));
        assert_eq!(measure("a.png", b"not an image"), None);
    }
}
