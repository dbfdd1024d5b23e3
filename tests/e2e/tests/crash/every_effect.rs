//! The harness: a step is killed around each of its side effects in turn, delivered again until it succeeds, and has to
//! end exactly as if nothing had happened.

use std::collections::BTreeMap;

use anyhow::{Result, bail, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde_json::Value;

use crate::effect::Effect;
use crate::gate::{Kill, Moment};
use crate::lambda::{Answer, Delivered};
use crate::state::{Snapshot, differences};
use crate::world::{Lab, World};

/// Worlds at a time: each runs one process, on a machine with two cores.
const WORLDS_AT_A_TIME: usize = 4;
/// A step that needs more deliveries than this never ends.
const DELIVERIES_MAX: usize = 20;

/// A step and what it starts from.
#[derive(Debug)]
pub(crate) struct Step {
    /// The function.
    pub(crate) function: &'static str,
    /// Its event, delivered again and again.
    pub(crate) event: Value,
    /// What every world holds before.
    pub(crate) before: Snapshot,
}

/// How a step ends when nothing disturbs it.
struct Undisturbed {
    after: BTreeMap<String, Value>,
    effects: Vec<Effect>,
}

impl Step {
    /// Proves that the step is safe twice and at every moment, and moves bytes twice for one file at most: the one that was
    /// in work. Returns the number of its side effects.
    pub(crate) async fn is_safe(&self, lab: &Lab) -> Result<usize> {
        self.is_safe_moving_again(lab, 1).await
    }

    /// The same for a step that may move bytes twice for this many files, as long as their batch has no results.
    pub(crate) async fn is_safe_moving_again(&self, lab: &Lab, again_max: usize) -> Result<usize> {
        let undisturbed = self.twice(lab).await?;
        let count = undisturbed.effects.len();
        ensure!(count > 0, "{} has no side effect", self.function);
        // One more than there are: that delivery is not killed, which shows that none was left out.
        let kills = (1..=count + 1)
            .flat_map(|at| [Moment::Before, Moment::After].map(|moment| Kill { at, moment }));
        stream::iter(kills.map(|kill| self.survives(lab, kill, &undisturbed, again_max)))
            .buffer_unordered(WORLDS_AT_A_TIME)
            .try_collect::<()>()
            .await?;
        Ok(count)
    }

    /// Delivers until done, then twice more: to a new process, and to one that has just done it.
    async fn twice(&self, lab: &Lab) -> Result<Undisturbed> {
        let world = self.world(lab).await?;
        let effects = self.until_done(&world).await?;
        let after = Snapshot::of(&world).await?.comparable();
        let again = vec![self.event.clone(), self.event.clone()];
        let repeated = world.deliver(self.function, again, None).await?;
        ensure!(repeated.answers.len() == 2);
        for answer in &repeated.answers {
            ensure!(is_done(answer), "{} again: {answer:?}", self.function);
        }
        let objects: Vec<_> = made(&repeated.effects, &world).into_keys().collect();
        ensure!(objects.is_empty(), "{} again writes {objects:?}", self.function);
        let changed = differences(&after, &Snapshot::of(&world).await?.comparable());
        ensure!(changed.is_empty(), "{} again changes\n{}", self.function, changed.join("\n"));
        let effects = normalised(effects, &world);
        Ok(Undisturbed { after, effects })
    }

    async fn survives(
        &self,
        lab: &Lab,
        kill: Kill,
        undisturbed: &Undisturbed,
        again_max: usize,
    ) -> Result<()> {
        let what = format!("{} killed {:?} side effect {}", self.function, kill.moment, kill.at);
        let world = self.world(lab).await?;
        let first = self.until_killed(&world, kill).await?;
        let through = match kill.moment {
            Moment::Before => kill.at - 1,
            Moment::After => kill.at,
        };
        if kill.at > undisturbed.effects.len() {
            ensure!(!first.killed, "{what}: there are more side effects than undisturbed");
            return Ok(());
        }
        ensure!(first.killed && first.answers.is_empty(), "{what}: was not killed");
        let effects = normalised(first.effects, &world);
        ensure!(effects.len() == through, "{what}: {through} should have got through: {effects:?}");
        let again_max = if effects.iter().any(writes_results) { 0 } else { again_max };
        let mut all = effects;
        self.held_batch_is_left_alone(&world, &what).await?;
        all.extend(normalised(self.until_done(&world).await?, &world));
        let after = Snapshot::of(&world).await?.comparable();
        let wrong = differences(&undisturbed.after, &after);
        ensure!(wrong.is_empty(), "{what}: ends differently\n{}", wrong.join("\n"));
        written_again_at_most(again_max, &undisturbed.effects, &all, &what)
    }

    /// As long as a dead invocation's lease holds, nobody else works on its batch; then it ends.
    async fn held_batch_is_left_alone(&self, world: &World<'_>, what: &str) -> Result<()> {
        let before = Snapshot::of(world).await?;
        if !before.has_held_batch() {
            return Ok(());
        }
        let Delivered { answers, effects, .. } =
            world.deliver(self.function, vec![self.event.clone()], None).await?;
        ensure!(!answers.iter().any(is_done), "{what}: a held batch was worked on");
        ensure!(made(&effects, world).is_empty(), "{what}: a held batch was copied");
        let changed = differences(&before.comparable(), &Snapshot::of(world).await?.comparable());
        ensure!(changed.is_empty(), "{what}: a held batch was changed\n{}", changed.join("\n"));
        world.leases_end().await
    }

    /// Delivers until the process is killed, or the step is done. A step that takes several deliveries counts its side effects over
    /// all of them.
    async fn until_killed(&self, world: &World<'_>, kill: Kill) -> Result<Delivered> {
        let mut effects = Vec::new();
        for _ in 0..DELIVERIES_MAX {
            let rest = Kill { at: kill.at - effects.len(), ..kill };
            let event = vec![self.event.clone()];
            let next = world.deliver(self.function, event, Some(rest)).await?;
            let Delivered { answers, killed, effects: more } = next;
            effects.extend(more);
            if killed || answers.iter().any(is_done) {
                return Ok(Delivered { answers, killed, effects });
            }
        }
        bail!("{} is neither killed nor done", self.function)
    }

    async fn until_done(&self, world: &World<'_>) -> Result<Vec<Effect>> {
        let mut effects = Vec::new();
        for _ in 0..DELIVERIES_MAX {
            let event = vec![self.event.clone()];
            let delivered = world.deliver(self.function, event, None).await?;
            effects.extend(delivered.effects);
            if delivered.answers.iter().any(is_done) {
                return Ok(effects);
            }
            if let Some(Answer::Failure(error)) = delivered.answers.first() {
                bail!("{} fails: {error}", self.function);
            }
        }
        bail!("{} is not done after {DELIVERIES_MAX} deliveries", self.function)
    }

    async fn world<'lab>(&self, lab: &'lab Lab) -> Result<World<'lab>> {
        let world = lab.world().await?;
        self.before.restore(&world).await?;
        Ok(world)
    }
}

/// A queue's event is done when no message goes back; the enumeration when it says so; the other steps when they answer.
fn is_done(answer: &Answer) -> bool {
    let Answer::Success(answer) = answer else { return false };
    let failed = answer["batchItemFailures"].as_array().is_some_and(|failed| !failed.is_empty());
    !failed && answer["done"] != Value::Bool(false)
}

/// Whether a batch of objects has written down what is settled.
fn writes_results(effect: &Effect) -> bool {
    effect.makes_object()
        && effect.path.contains("-state/runs/")
        && effect.path.contains("/results/")
}

/// Objects that were made in a world's destination, and how often.
fn made(effects: &[Effect], world: &World<'_>) -> BTreeMap<String, usize> {
    let bucket = format!("/{}/", world.destination());
    count(effects.iter().filter(|effect| effect.path.starts_with(&bucket)))
}

fn count<'a>(effects: impl Iterator<Item = &'a Effect>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for effect in effects.filter(|effect| effect.makes_object()) {
        *counts.entry(effect.path.clone()).or_default() += 1;
    }
    counts
}

/// Bytes are moved twice for so many files at most, and the same files are written.
fn written_again_at_most(
    again_max: usize,
    undisturbed: &[Effect],
    all: &[Effect],
    what: &str,
) -> Result<()> {
    let in_destination = |effects: &[Effect]| {
        count(effects.iter().filter(|effect| effect.path.starts_with("/{world}-destination/")))
    };
    let (once, really) = (in_destination(undisturbed), in_destination(all));
    ensure!(once.keys().eq(really.keys()), "{what}: other objects: {really:?}");
    let more: usize = really.iter().map(|(key, times)| times - once[key].min(*times)).sum();
    ensure!(more <= again_max, "{what}: {more} objects were written again: {really:?}");
    Ok(())
}

fn normalised(effects: Vec<Effect>, world: &World<'_>) -> Vec<Effect> {
    effects
        .into_iter()
        .map(|effect| Effect { path: effect.path.replace(&world.name, "{world}"), ..effect })
        .collect()
}
