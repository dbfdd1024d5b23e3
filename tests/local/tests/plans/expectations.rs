//! The data set's handwritten expectations agree with what the product plans for its records.

use drayage_domain::plan::Planner;
use drayage_sim::dataset::{Dataset, DatasetOptions};

use crate::support::{options, planned, record};

#[test]
fn what_is_refused_or_skipped_without_a_request_is_what_is_expected() {
    let dataset = Dataset::generate(DatasetOptions {
        seed: 1,
        entries: 400,
        source_bucket: "external-docs".to_owned(),
        destination_bucket: "drayage-destination".to_owned(),
        http_base: "http://127.0.0.1:9999".to_owned(),
    });
    let planner = Planner::new(&options(&dataset)).unwrap();
    let mut wrong = Vec::new();
    for entry in &dataset.entries {
        let expected = planned(entry.expected);
        let plan = planner.plan(&record(&dataset, entry));
        if plan.planned_outcome().label() != expected {
            wrong.push(format!("{} {:?}: expected {expected}, {plan:?}", entry.case, entry.url));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
