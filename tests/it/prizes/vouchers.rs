//! `/admin/vouchers`, the voucher queue, and the code that a winner sees

use super::{accept, enter, spawn};

#[tokio::test]
async fn a_winner_sees_the_code_and_nobody_else_does() {
    let app = spawn().await;
    let (ada, imre, noor) = (app.learner("ada").await, app.instructor("imre").await, app.admin("noor").await);
    noor.upload("/admin/vouchers", b"SECRET-1\n").await.expect(200);
    let page = enter(&ada).await;
    accept(&imre, &page).await;
    let mails = app.mails().await;
    let mail = mails.iter().find(|mail| mail.subject == "Your voucher is here").unwrap();
    assert!(mail.to == "ada@example.org" && !mail.text.contains("SECRET-1") && !mail.html.contains("SECRET-1"));
    assert_eq!(ada.get(&page).await.text(".voucher-code"), "SECRET-1");
    for other in [&imre, &noor, &app.learner("bo").await] {
        other.get(&page).await.expect(404);
    }
    assert!(app.visitor().get(&page).await.location().starts_with("/sign-in"));
    for path in ["/admin/vouchers", "/prizes", &page.replace("/entries/", "/review/")] {
        assert!(!noor.get(path).await.body.contains("SECRET-1"), "{path}");
    }
}

#[tokio::test]
async fn a_file_with_duplicates_and_blank_lines_is_told_line_by_line() {
    let app = spawn().await;
    let noor = app.admin("noor").await;
    let page = noor.upload("/admin/vouchers", b"code\nA-1\n\nA-1\nB 2\nC-3\n").await.expect(200);
    assert_eq!(page.text("#report-heading"), "2 added");
    assert_eq!(page.texts(".notice li"), ["Line 4 stands in the file twice", "Line 5 has a space in it"]);
    let page = noor.upload("/admin/vouchers", b"C-3\nD-4\n").await.expect(200);
    assert_eq!(page.texts(".notice li"), ["Line 1 was imported before"]);
    assert!(noor.upload("/admin/vouchers", &[0xff, 0xfe, 0x00]).await.expect(422).text(".error").contains("UTF-8"));
    assert!(noor.upload("/admin/vouchers", b"").await.expect(422).text(".error").contains("choose a file"));
    assert_eq!(app.app.prizes.count_vouchers().await.unwrap().imported, 3);
    app.run_jobs().await;
}

#[tokio::test]
async fn vouchers_are_for_admins_to_import() {
    let app = spawn().await;
    assert!(app.visitor().get("/admin/vouchers").await.location().starts_with("/sign-in"));
    app.learner("ada").await.get("/admin/vouchers").await.expect(403);
    app.instructor("imre").await.upload("/admin/vouchers", b"A-1").await.expect(403);
    app.admin("noor").await.get("/admin/vouchers").await.expect(200);
}

#[tokio::test]
async fn without_stock_a_winner_waits_and_is_served_by_the_next_import() {
    let app = spawn().await;
    let (ada, imre, noor) = (app.learner("ada").await, app.instructor("imre").await, app.admin("noor").await);
    let page = enter(&ada).await;
    accept(&imre, &page).await;
    app.run_jobs().await;
    assert!(ada.get(&page).await.text("main").contains("Your voucher is reserved"));
    assert!(noor.get("/admin/vouchers").await.text(".notice-warning").contains("1 winner waits"));
    noor.upload("/admin/vouchers", b"LATE-1").await.expect(200);
    app.run_jobs().await;
    assert_eq!(ada.get(&page).await.text(".voucher-code"), "LATE-1");
}

#[tokio::test]
async fn a_place_is_certain_once_all_before_it_are_decided() {
    let app = spawn().await;
    let (imre, noor) = (app.instructor("imre").await, app.admin("noor").await);
    noor.upload("/admin/vouchers", b"A-1\nB-2\nC-3").await.expect(200);
    let mut pages = Vec::new();
    for name in ["ada", "bo", "cy", "di"] {
        let learner = app.learner(name).await;
        pages.push((enter(&learner).await, learner));
    }
    accept(&imre, &pages[1].0).await;
    app.run_jobs().await;
    let shown = pages[1].1.get(&pages[1].0).await;
    assert!(shown.text("main").contains("Voucher 1 of 2 at best") && shown.texts(".voucher-code").is_empty());
    let queue = shown.attribute("main section a", "href").unwrap();
    assert!(app.visitor().get(&queue).await.expect(200).text(".lead").contains("0 of 2"));

    for place in [0, 3, 2] {
        accept(&imre, &pages[place].0).await;
        app.run_jobs().await;
    }
    assert!(app.visitor().get(&queue).await.text(".lead").contains("2 of 2"));
    let mut codes = Vec::new();
    for (page, learner) in &pages {
        codes.push(learner.get(page).await.texts(".voucher-code").len());
    }
    assert_eq!(codes, [1, 1, 0, 0]);
    assert!(pages[3].1.get(&pages[3].0).await.text("main").contains("has gone to an entry before yours"));
    app.visitor().get("/prizes/weeks/none").await.expect(404);
    assert_eq!(app.visitor().get(&queue).await.text("h1"), "Voucher queue, week of 2 March 2026");
    assert_eq!(app.visitor().get("/prizes").await.text(".rows a"), "Week of 2 March 2026");
    assert!(app.visitor().get("/prizes").await.expect(200).texts(".rows a").len() == 1);
}
