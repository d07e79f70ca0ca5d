//! Links as people write them.

use super::content::{faults_of, html_of};

#[test]
fn addresses_of_people_and_schemes_in_capitals_are_links() {
    let html =
        html_of("<ada@example.org>, <HTTPS://example.org/A>, [a](HTTP://example.org) and [b](MailTo:b@example.org)");
    for href in ["mailto:ada@example.org", "https://example.org/A", "http://example.org", "mailto:b@example.org"] {
        assert!(html.contains(&format!("href=\"{href}\"")), "{href}: {html}");
    }
    assert!(html_of("## Ask <ada@example.org>").contains("href=\"mailto:ada@example.org\""));
    assert!(faults_of("[x](FTP://example.org)").contains("links of the kind FTP: are not taken"));
    assert!(faults_of("<javascript:alert(1)>").contains("links of the kind javascript:"));
}
