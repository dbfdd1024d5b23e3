//! Drafts on the local disk.

use drayage_domain::switch::plan::order;
use drayage_report::unguarded;
use tempfile::TempDir;

use super::*;
use crate::test_support::line;

fn header() -> RollbackHeader {
    RollbackHeader {
        run: "m".to_owned(),
        org: None,
        object: "O__c".to_owned(),
        field: "U__c".to_owned(),
        created_at: "2026-01-01T00:00:00Z".to_owned(),
    }
}

fn lines() -> Vec<SwitchLine> {
    let mut lines = vec![line(1, None), line(2, None), line(3, Some(1)), line(4, Some(1))];
    lines.extend((5..12).map(|record| line(record, Some(2))));
    lines.sort_by(order);
    lines
}

/// A draft of these lines.
pub(crate) fn of_lines(directory: &Path, direction: Direction, lines: &[SwitchLine]) -> Draft {
    let mut drafting = Drafting::new(directory, direction, &header()).unwrap();
    for line in lines {
        drafting.push(line.clone()).unwrap();
    }
    drafting.finish().unwrap()
}

#[test]
fn lines_are_read_back_as_they_were_planned_and_the_file_always_goes_from_the_original() {
    for direction in [Direction::Switch, Direction::Restore] {
        let directory = TempDir::new().unwrap();
        let planned: Vec<SwitchLine> =
            lines().into_iter().map(|line| as_planned(direction, line)).collect();
        let draft = of_lines(directory.path(), direction, &planned);
        assert_eq!((draft.records, draft.accounts), (11, 2));
        assert_eq!(draft.first, planned);
        let back: Vec<SwitchLine> = draft.lines.read().unwrap().map(Result::unwrap).collect();
        assert_eq!(back, planned);
        let file = File::open(draft.lines.path()).unwrap();
        let reader = RollbackReader::open(BufReader::new(file)).unwrap();
        assert_eq!(reader.map(Result::unwrap).collect::<Vec<_>>(), lines());
    }
}

#[test]
fn the_same_lines_make_the_same_bytes() {
    let directories = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    let drafts = directories
        .each_ref()
        .map(|directory| of_lines(directory.path(), Direction::Switch, &lines()));
    assert_eq!(drafts[0].hash, drafts[1].hash);
    let bytes = |path: &Path| std::fs::read(path).unwrap();
    assert_eq!(bytes(drafts[0].lines.path()), bytes(drafts[1].lines.path()));
    assert_eq!(bytes(&drafts[0].list), bytes(&drafts[1].list));
}

#[test]
fn the_list_shows_every_text_and_no_formula() {
    let directory = TempDir::new().unwrap();
    let mut lines = lines();
    lines[0].from = None;
    lines[1].from = Some("@SUM(A1)".to_owned());
    let draft = of_lines(directory.path(), Direction::Switch, &lines);
    let mut list = csv::Reader::from_path(&draft.list).unwrap();
    assert_eq!(list.headers().unwrap(), COLUMNS.as_slice());
    let rows: Vec<csv::StringRecord> = list.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), lines.len());
    for (row, line) in rows.iter().zip(&lines) {
        let formula = |cell: &str| cell.trim_start().starts_with(['=', '+', '-', '@']);
        assert!(!row.iter().any(formula), "{row:?}");
        let shown: Vec<&str> = row.iter().map(unguarded).collect();
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let meant = [
            line.record_id.clone(),
            text(&line.account_id),
            text(&line.account_name),
            text(&line.from),
            text(&line.to),
        ];
        assert_eq!(shown, meant);
    }
}

#[test]
fn batches_are_counted_as_they_are_cut() {
    let directory = TempDir::new().unwrap();
    let draft = of_lines(directory.path(), Direction::Switch, &lines());
    // Two without account and two of the first account, then seven of the second.
    assert_eq!(count_batches(&draft.lines, 4).unwrap(), (3, 2));
    assert_eq!(count_batches(&draft.lines, 100).unwrap(), (1, 1));
    let nothing = of_lines(directory.path(), Direction::Switch, &[]);
    assert_eq!((nothing.records, count_batches(&nothing.lines, 4).unwrap()), (0, (0, 0)));
}

#[test]
fn a_record_that_stands_twice_is_refused() {
    let directory = TempDir::new().unwrap();
    let mut drafting = Drafting::new(directory.path(), Direction::Restore, &header()).unwrap();
    drafting.push(line(1, None)).unwrap();
    let error = drafting.push(line(1, None)).unwrap_err();
    assert_eq!(error.name, ROLLBACK_FILE_INVALID);
}
