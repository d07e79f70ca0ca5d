//! What every mail says, held to snapshots, so that a change of words is seen in review.
//!
//! After a change that is meant: `INSTA_UPDATE=always cargo test --test it mails`.

use std::collections::BTreeSet;
use std::path::Path;

use seaworthy::app::MAILS;
use seaworthy::view::{Strictness, Templates};

#[test]
fn every_mail_says_what_it_is_known_to_say() {
    let templates = Templates::load(Strictness::Tests).unwrap();
    for mail in MAILS {
        let render = |file, sample: &minijinja::Value| {
            templates
                .render_mail_value((mail.name, file), "Run what you build", sample.clone())
                .unwrap()
                .trim()
                .to_owned()
        };
        let shown: Vec<String> = (mail.samples)()
            .iter()
            .map(|sample| {
                let (subject, text, html) =
                    (render("subject.txt", sample), render("body.txt", sample), render("body.html", sample));
                assert!(!subject.contains('\n'), "{}: a subject is one line", mail.name);
                format!("Subject: {subject}\n\n{text}\n\n{html}")
            })
            .collect();
        // The same in all of them.
        let filters = [("(?s)<style>.*?</style>", "<style/>")];
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false, filters => filters }, {
            insta::assert_snapshot!(format!("mail-{}", mail.name), shown.join("\n\n=====\n\n"));
        });
    }
}

#[test]
fn no_snapshot_is_of_a_mail_that_is_no_more() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/snapshots");
    let kept: BTreeSet<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with("mail-"))
        .collect();
    let expected: BTreeSet<String> = MAILS.iter().map(|mail| format!("mail-{}.snap", mail.name)).collect();
    assert_eq!(kept, expected);
}
