//! How large an image is, so that a page reserves its space before it arrives.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::lessons::paths::has_extension;

/// The width and the height of an image in pixels, if its file has them.
pub(in crate::lessons) fn image_size(path: &str, bytes: &[u8]) -> Option<(u32, u32)> {
    if has_extension(path, "svg") {
        return svg_size(std::str::from_utf8(bytes).ok()?);
    }
    let size = imagesize::blob_size(bytes).ok()?;
    Some((u32::try_from(size.width).ok()?, u32::try_from(size.height).ok()?))
}

fn svg_size(text: &str) -> Option<(u32, u32)> {
    let mut reader = Reader::from_str(text);
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) | Event::Empty(tag) => return tag_size(&tag),
            Event::Eof => return None,
            _ => {}
        }
    }
}

/// The size that the outermost tag gives: its width and height, or those of its `viewBox`.
fn tag_size(tag: &BytesStart<'_>) -> Option<(u32, u32)> {
    let value = |name: &str| {
        let mut attributes = tag.attributes().flatten();
        attributes.find(|one| one.key.as_ref() == name).map(|one| one.value.into_owned())
    };
    let own = |name: &str| pixels(value(name)?.trim_end_matches("px"));
    if let (Some(width), Some(height)) = (own("width"), own("height")) {
        return Some((width, height));
    }
    let view_box = value("viewBox")?;
    let mut sides = view_box.split([' ', ',']).filter(|part| !part.is_empty()).skip(2).map(pixels);
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
        let size = |text: &str| image_size("a.svg", text.as_bytes());
        assert_eq!(size("<?xml version=\"1.0\"?>\n<!-- x --><svg width=\"30px\" height=\"20.5\"/>"), Some((30, 20)));
        assert_eq!(size("<svg width=\"100%\" viewBox=\"0 0 320 120\"></svg>"), Some((320, 120)));
        assert_eq!(size("<svg viewBox=\"0,0,8,9\"/>"), Some((8, 9)));
        for unknown in
            ["<svg/>", "<svg viewBox=\"0 0 8\"/>", "<svg width=\"0\" height=\"3\"/>", "", "no drawing", "<svg"]
        {
            assert_eq!(size(unknown), None, "{unknown}");
        }
        assert_eq!(image_size("a.svg", b"\xff"), None);
    }

    #[test]
    fn other_images_are_known_by_their_first_bytes() {
        let gif = b"GIF89a\x05\x00\x07\x00\x00\x00\x00";
        assert_eq!(image_size("a.gif", gif), Some((5, 7)));
        assert_eq!(image_size("a.png", b"not an image"), None);
    }
}
