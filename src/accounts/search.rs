//! The folded text by which people are searched for, made here so that both engines find the same.

use crate::text;

/// What a search for a person looks through: the name and the address, folded, and once more without accents, since whoever
/// searches may leave them out.
pub(super) fn search_text(name: &str, email: &str) -> String {
    let (name, email) = (text::fold(name), text::fold(email));
    let (plain_name, plain_email) = (text::without_accents(&name), text::without_accents(&email));
    format!("{name}\n{email}\n{plain_name}\n{plain_email}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_with_and_without_its_accents() {
        for (name, searches) in [
            ("Zoë Łukasz", &["zoë", "zoe", "łuk", "luk", "ZOË"] as &[&str]),
            ("İlker Yılmaz", &["ilker", "İLKER", "yılmaz", "yilmaz"]),
            ("Мария Ёлкина", &["мария", "ёлкина", "елкина"]),
            ("Jo\u{308}rg", &["jörg", "jo\u{308}rg", "JORG"]),
            ("O\u{2019}Brien", &["o'brien"]),
        ] {
            let text = search_text(name, "x@example.org");
            for search in searches {
                assert!(text.contains(&text::fold(search)), "{name} by {search}: {text}");
            }
        }
        assert!(search_text("X", "Zo\u{eb}@Bücher.example").contains("zoe@bucher"));
    }
}
