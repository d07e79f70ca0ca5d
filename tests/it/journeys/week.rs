//! The whole first week, from the link that makes an admin to the voucher on the winner's page.

use super::steps::{CODES, LAB, Week};

#[actix_web::test]
async fn a_learners_first_week_ends_with_a_voucher() {
    let week = Week::begin().await;
    let noor = week.first_admin("Noor Haddad").await;
    let imre = week.sign_up("Imre Varga").await;
    week.make_instructor(&noor, "Imre Varga").await;
    noor.upload("/admin/vouchers", CODES.join("\n").as_bytes()).await.expect(200);

    let ada = week.sign_up("Ada Quist").await;
    week.sign_out_and_in(&ada, "Ada Quist").await;
    week.read_the_section(&ada).await;

    week.start_the_lab(&ada).await;
    let told = week.check_the_work(&ada).await;
    assert!(told.text("#tasks").contains("0 of 5 passed"));
    assert!(told.text("#task-owner .verdict-hint").contains("no annotation for its owner yet"));
    week.annotate("Ada Quist").await;
    let graded = week.check_the_work(&ada).await;
    assert!(graded.text("#tasks").contains("All done."), "{}", graded.text("#tasks"));
    let catalogue = ada.get("/catalogue").await.expect(200);
    assert!(catalogue.text(".card").contains("Ada Quist") && catalogue.text(".card").contains("Complete"));
    week.stop_the_lab(&ada).await;
    assert!(ada.get(LAB).await.text("#tasks").contains("5 of 5 passed"), "what was graded stays");

    let entry = week.enter_the_checkpoint(&ada).await;
    let ben = week.sign_up("Ben Okafor").await;
    let rejected = week.enter_the_checkpoint(&ben).await;

    week.decide(&imre, 1, "Accept", "").await;
    week.app.run_jobs().await;
    assert_eq!(week.mail_for("Ada Quist", "Your voucher is here").await, entry, "the mail leads to the entry");
    let code = ada.get(&entry).await.expect(200).text(".voucher-code");
    assert!(CODES.contains(&code.as_str()));
    for other in [&ben, &imre, &noor] {
        other.get(&entry).await.expect(404);
        assert!(!other.get("/entries").await.expect(200).body.contains(&code));
    }

    let reason = "Say which hop the mesh takes.";
    week.decide(&imre, 2, "Do not accept", reason).await;
    week.app.run_jobs().await;
    assert_eq!(week.mail_for("Ben Okafor", "Your entry was not accepted").await, rejected);
    assert!(ben.get(&rejected).await.expect(200).text("#reason-heading + p").contains(reason));
    let again = week.enter_the_checkpoint(&ben).await;
    assert!(ben.get(&again).await.text(".page-header").contains("3rd entry of its week"));
    week.decide(&imre, 3, "Accept", "").await;
    week.app.run_jobs().await;
    let second = ben.get(&again).await.expect(200).text(".voucher-code");
    assert!(CODES.contains(&second.as_str()) && second != code);

    assert!(imre.get("/review").await.expect(200).text("main").contains("Nothing waits for review"));
    let stock = noor.get("/admin/vouchers").await.expect(200).texts(".tiles dd");
    assert_eq!(stock, ["3", "2", "1", "0"], "imported, given away, in stock, waited for");
    assert!(noor.get("/admin/jobs").await.expect(200).texts("tbody tr").is_empty(), "no work is left or failed");
}
