//! Rows that Salesforce does not write, and calls that it refuses.

use drayage_salesforce::RowEnding;
use drayage_sim::salesforce::{
    CallFault, CallFaultKind, FaultPlan, FieldName, RequestLimitFault, ValidationRule,
};

use super::site::*;

fn field() -> FieldName {
    FieldName { sobject: ENTRY.to_owned(), field: FIELD.to_owned() }
}

#[tokio::test]
async fn a_locked_row_is_told_and_can_be_tried_again() {
    for way in Way::ALL {
        let site = Site::new(2).await;
        site.faults(locks(&site.ids[1], 2));
        let other = site.read_and_write(way).await.unwrap();
        assert_eq!(endings(&other), [&RowEnding::Written, &RowEnding::Locked], "{way:?}");
        for expected in [RowEnding::Locked, RowEnding::Written] {
            let outcomes = site.read_and_write(way).await.unwrap();
            assert_eq!(endings(&outcomes)[1], &expected, "{way:?}");
        }
        assert_eq!(site.stored()[1], Some(new(1)));
    }
}

#[tokio::test]
async fn a_validation_rule_refuses_its_row_and_no_other() {
    for way in Way::ALL {
        let site = Site::new(2).await;
        let rule = ValidationRule {
            sobject: ENTRY.to_owned(),
            field: FIELD.to_owned(),
            contains: String::new(),
            ids: vec![site.ids[0].clone()],
            message: "Only our own links".to_owned(),
        };
        site.faults(FaultPlan { validation_rules: vec![rule], ..FaultPlan::default() });
        let outcomes = site.read_and_write(way).await.unwrap();
        let refused = RowEnding::Refused {
            code: "FIELD_CUSTOM_VALIDATION_EXCEPTION".to_owned(),
            message: "Only our own links".to_owned(),
            fields: vec![FIELD.to_owned()],
        };
        assert_eq!(endings(&outcomes), [&refused, &RowEnding::Written], "{way:?}");
        assert_eq!(site.stored(), [Some(old(0)), Some(new(1))]);
    }
}

#[tokio::test]
async fn a_field_that_may_not_be_written_is_a_refusal() {
    for way in Way::ALL {
        let site = Site::new(1).await;
        let seen = site.read().await;
        site.faults(FaultPlan { read_only_fields: vec![field()], ..FaultPlan::default() });
        let outcomes = site.write(way, &seen).await.unwrap();
        assert_eq!(code(&outcomes[0].ending), "INVALID_FIELD_FOR_INSERT_UPDATE", "{way:?}");

        site.faults(FaultPlan { hidden_fields: vec![field()], ..FaultPlan::default() });
        let outcomes = site.write(way, &seen).await.unwrap();
        assert_eq!(code(&outcomes[0].ending), "INVALID_FIELD", "{way:?}");
        let error = site.client.read_rows(ENTRY, FIELD, &site.ids()).await.unwrap_err();
        assert_eq!(error.error_type(), "SalesforcePermission");
        assert_eq!(site.stored(), [Some(old(0))]);
    }
}

#[tokio::test]
async fn a_row_that_is_gone_is_told_by_reading_and_by_writing() {
    for way in Way::ALL {
        let site = Site::new(3).await;
        let seen = site.read().await;
        site.org.soft_delete(ENTRY, &site.ids[0]).unwrap();
        site.org.hard_delete(ENTRY, &site.ids[1]).unwrap();
        let outcomes = site.write(way, &seen).await.unwrap();
        let expected = [&RowEnding::Gone, &RowEnding::Gone, &RowEnding::Written];
        assert_eq!(endings(&outcomes), expected, "{way:?}");
        let rows = site.read().await;
        assert!(rows[0].is_none() && rows[1].is_none());
        assert_eq!(rows[2].as_ref().unwrap().value, Some(new(2)));
    }
}

#[tokio::test]
async fn a_call_that_was_refused_is_an_error_and_nothing_is_written() {
    for way in Way::ALL {
        let site = Site::new(1).await;
        let seen = site.read().await;
        let limit = RequestLimitFault { after_calls: 0, refused_calls: 1 };
        site.faults(FaultPlan { request_limit: Some(limit), ..FaultPlan::default() });
        let error = site.write(way, &seen).await.unwrap_err();
        assert_eq!(error.error_type(), "SalesforceRequestLimitExceeded", "{way:?}");
        assert_eq!(site.stored(), [Some(old(0))]);
    }
}

#[tokio::test]
async fn a_call_that_did_not_start_is_sent_again() {
    for way in Way::ALL {
        for kind in [CallFaultKind::Unavailable, CallFaultKind::Unauthorized] {
            let site = Site::new(1).await;
            let fault = CallFault::next(&[way.endpoint()], 1, kind);
            site.faults(FaultPlan { calls: vec![fault], ..FaultPlan::default() });
            let outcomes = site.read_and_write(way).await.unwrap();
            assert_eq!(endings(&outcomes), [&RowEnding::Written], "{way:?} {kind:?}");
            assert_eq!(site.org.requests_of(way.endpoint()), 2);
        }
    }
}
