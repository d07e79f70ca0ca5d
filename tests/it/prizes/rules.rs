//! A week is under the rules that its first entry found

use jiff::SignedDuration;
use seaworthy::accounts::Role;
use seaworthy::prizes::{Rank, VoucherCounts};
use sqlx::Executor as _;

use super::{codes, enter, enter_and_accept, enter_as, person, programme, programme_in, replace_file, spawn_under};
use crate::support::TestApp;

const ZONE: &str = "Pacific/Auckland";

async fn stock(app: &TestApp) -> VoucherCounts {
    app.run_jobs().await;
    app.app.prizes.count_vouchers().await.unwrap()
}

#[tokio::test]
async fn more_vouchers_in_a_new_version_give_an_earlier_week_none_of_them() {
    let app = spawn_under(&programme_in(ZONE, (1, 50, 3), "tea")).await;
    let noor = person(&app, "noor", Role::Admin).await;
    let entries = enter_and_accept(&app, &noor, 60).await;
    app.app.prizes.import(&noor.id, &codes("A", 50)).await.unwrap().unwrap();
    assert_eq!(stock(&app).await, VoucherCounts { imported: 50, awarded: 50, missing: 0 });

    replace_file(&app, "programme.toml", &programme_in(ZONE, (2, 60, 3), "gold"));
    app.app.checkpoints.check_rules().await.unwrap();
    app.app.prizes.import(&noor.id, &codes("B", 10)).await.unwrap().unwrap();
    app.app.prizes.award(&entries[0].week).await.unwrap();
    assert_eq!(stock(&app).await, VoucherCounts { imported: 60, awarded: 50, missing: 0 });
    for (entry, rank) in [(&entries[49], Rank::Won { place: 50 }), (&entries[50], Rank::TooLate)] {
        let (found, _week, rules) = app.app.prizes.find_rank(entry).await.unwrap();
        assert_eq!((found, rules.version, rules.vouchers_per_week), (rank, 1, 50));
    }
}

#[tokio::test]
async fn fewer_vouchers_in_a_new_version_take_none_from_an_earlier_week() {
    let app = spawn_under(&programme_in(ZONE, (1, 50, 3), "tea")).await;
    let noor = person(&app, "noor", Role::Admin).await;
    app.app.prizes.import(&noor.id, &codes("A", 10)).await.unwrap().unwrap();
    let entries = enter_and_accept(&app, &noor, 60).await;
    assert_eq!(stock(&app).await, VoucherCounts { imported: 10, awarded: 10, missing: 40 });

    replace_file(&app, "programme.toml", &programme_in(ZONE, (2, 10, 3), "gold"));
    assert_eq!(app.app.prizes.find_rank(&entries[49]).await.unwrap().0, Rank::Won { place: 50 });
    app.app.prizes.import(&noor.id, &codes("B", 100)).await.unwrap().unwrap();
    assert_eq!(stock(&app).await, VoucherCounts { imported: 110, awarded: 50, missing: 0 });
    let mails = app.mails().await;
    let about_vouchers: Vec<_> = mails.iter().filter(|mail| mail.subject == "Your voucher is here").collect();
    assert_eq!(about_vouchers.len(), 50);
    for mail in about_vouchers {
        for text in [&mail.text, &mail.html] {
            assert!(text.contains("a voucher of tea from the house of tea") && !text.contains("gold"), "{text}");
        }
    }
}

#[tokio::test]
async fn a_mail_about_a_voucher_is_written_when_it_is_sent_by_the_rules_of_its_week() {
    let app = spawn_under(&programme_in(ZONE, (1, 2, 3), "tea")).await;
    let noor = person(&app, "noor", Role::Admin).await;
    app.app.prizes.import(&noor.id, &codes("A", 2)).await.unwrap().unwrap();
    let entries = enter_and_accept(&app, &noor, 1).await;
    app.app.prizes.award(&entries[0].week).await.unwrap();
    // The new version is in force, and somebody has changed their name, before the mail leaves.
    replace_file(&app, "programme.toml", &programme_in(ZONE, (2, 2, 3), "gold"));
    let mut tx = app.app.core.db.write().await.unwrap();
    let (payloads,): (i64,) = sqlx::query_as(
        "SELECT COUNT(*) FROM jobs WHERE payload LIKE '%tea%' OR payload LIKE '%example.org%' OR payload LIKE '%gold%'",
    )
    .fetch_one(&mut *tx)
    .await
    .unwrap();
    assert_eq!(payloads, 0, "the queue holds ids alone");
    tx.execute("UPDATE people SET name = 'Grace Kahn' WHERE name = 'noor-0'").await.unwrap();
    tx.commit().await.unwrap();
    let mails = app.mails().await;
    let mail = mails.iter().find(|mail| mail.subject == "Your voucher is here").unwrap();
    assert!(mail.text.contains("Hello Grace Kahn") && mail.text.contains("tea from the house of tea"), "{}", mail.text);
    let mail = mails.iter().find(|mail| mail.subject != "Your voucher is here").unwrap();
    assert!(mail.text.contains("Hello Grace Kahn"), "{}", mail.text);
}

#[tokio::test]
async fn a_new_version_holds_from_the_first_entry_of_the_next_week_on_every_page() {
    let app = spawn_under(&programme_in(ZONE, (1, 1, 3), "tea")).await;
    let ada = app.learner("ada").await;
    let first = enter(&ada).await;
    replace_file(&app, "programme.toml", &programme_in(ZONE, (2, 7, 5), "gold"));
    for page in ["/prizes", "/checkpoints/watch"] {
        let body = app.learner(&format!("reader{}", page.len())).await.get(page).await.expect(200).body;
        assert!(body.contains("tea") && !body.contains("gold"), "{page} shows rules that are not this week's");
    }
    let entry = enter_as(&app.app, &person(&app, "eve", Role::Learner).await.id, "watch").await.unwrap();
    assert_eq!(entry.rules_version, 1);

    app.advance(SignedDuration::from_hours(7 * 24));
    let page = app.learner("bo").await.get("/checkpoints/watch").await.expect(200);
    assert!(page.text("aside").contains("7 this week, gold each") && page.text("aside").contains("5 of 5 left"));
    let cy = app.learner("cy").await;
    let second = enter(&cy).await;
    for (visitor, entry, version, vouchers) in [(&ada, &first, 1, 1), (&cy, &second, 2, 7)] {
        let shown = visitor.get(&format!("{entry}/eligibility")).await.expect(200);
        assert!(shown.text(".lead").contains(&format!("version {version}")));
        assert!(shown.text(".verdicts").contains(&format!("among the first {vouchers} valid entries")));
        let week = visitor.get(entry).await.attribute("main section a", "href").unwrap();
        let week = visitor.get(&week).await.expect(200);
        assert!(week.text(".lead").contains(&format!("0 of {vouchers} vouchers")), "{}", week.text(".lead"));
        assert!(week.text("main").contains(&format!("version {version} of the rules")));
    }
    let weeks = app.app.checkpoints.list_weeks().await.unwrap();
    assert_eq!(weeks.iter().map(|week| week.rules_version).collect::<Vec<_>>(), [2, 1]);
}

#[tokio::test]
async fn changed_text_under_a_known_version_changes_no_week_and_stops_the_start() {
    let app = spawn_under(&programme(1, 2, 3)).await;
    app.app.checkpoints.check_rules().await.unwrap();
    enter(&app.learner("ada").await).await;
    app.app.checkpoints.check_rules().await.unwrap();

    replace_file(&app, "programme.toml", &programme_in(ZONE, (1, 9, 3), "a hot chocolate"));
    let said = app.app.checkpoints.check_rules().await.unwrap_err().to_string();
    assert!(said.contains("programme.toml:7: `vouchers_per_week`") && said.contains("set `version` to 2"), "{said}");
    assert!(!said.contains("entries_per_developer"), "{said}");
    app.advance(SignedDuration::from_hours(7 * 24));
    let entry = enter_as(&app.app, &person(&app, "bo", Role::Learner).await.id, "watch").await.unwrap();
    assert_eq!(app.app.prizes.find_rank(&entry).await.unwrap().2.vouchers_per_week, 2);

    replace_file(&app, "programme.toml", &programme_in(ZONE, (2, 9, 3), "a hot chocolate"));
    app.app.checkpoints.check_rules().await.unwrap();
    replace_file(&app, "programme.toml", &programme(1, 2, 3));
    app.app.checkpoints.check_rules().await.unwrap();
}

#[tokio::test]
async fn another_zone_waits_for_the_end_of_the_week() {
    let app = spawn_under(&programme(1, 2, 3)).await;
    enter(&app.learner("ada").await).await;
    let other = programme_in("Europe/London", (2, 2, 3), "a hot chocolate");
    replace_file(&app, "programme.toml", &other);
    let said = app.app.checkpoints.check_rules().await.unwrap_err().to_string();
    assert!(said.contains("programme.toml:2: `zone` changes while a week is under way"), "{said}");
    assert!(said.contains("until 2026-03-08T11:00:00Z") && said.contains("\"Pacific/Auckland\""), "{said}");

    // The week of Auckland is over thirteen hours before that of London, whose next one then begins at once.
    app.clock.set("2026-03-08T11:00:00Z".parse().unwrap());
    app.app.checkpoints.check_rules().await.unwrap();
    enter(&app.learner("bo").await).await;
    let weeks = app.app.checkpoints.list_weeks().await.unwrap();
    let bounds: Vec<String> =
        weeks.iter().map(|week| format!("{} {}", week.bounds.starts_at, week.bounds.ends_at)).collect();
    let expected = ["2026-03-08T11:00:00Z 2026-03-16T00:00:00Z", "2026-03-01T11:00:00Z 2026-03-08T11:00:00Z"];
    assert_eq!(bounds, expected);

    replace_file(&app, "programme.toml", &programme_in("Asia/Tokyo", (2, 2, 3), "a hot chocolate"));
    app.clock.set("2026-03-16T00:00:00Z".parse().unwrap());
    let said = app.app.checkpoints.check_rules().await.unwrap_err().to_string();
    assert!(said.contains("`zone` is not what it was") && said.contains("set `version` to 3"), "{said}");
}

#[tokio::test]
async fn rules_that_cannot_be_read_are_a_fault_and_never_todays() {
    let app = spawn_under(&programme(1, 2, 3)).await;
    let ada = app.learner("ada").await;
    let page = enter(&ada).await;
    let mut tx = app.app.core.db.write().await.unwrap();
    tx.execute("UPDATE rules_versions SET rules = '{'").await.unwrap();
    tx.commit().await.unwrap();
    let fault = app.app.checkpoints.find_rules(1).await.unwrap_err().to_string();
    assert!(fault.contains("rules_versions.rules"), "{fault}");
    ada.get(&format!("{page}/eligibility")).await.expect(500);
}
