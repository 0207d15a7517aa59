//! Acting a group of cases out, whatever their process does.
//!
//! A process that falls silent, dies or talks nonsense costs the case that is to blame its answer, and no other: the others are acted out in fresh processes.

use anyhow::Result;

use super::conversation::{Conversation, End};
use super::manifest::LaunchBy;
use super::program::{Program, Setting};
use crate::corpus::case::Case;
use crate::observation::Observation;
use crate::plan::Group;

/// After so many processes in a row that answered nothing, no other is started for the group.
const MOST_FRUITLESS: usize = 3;

/// Something that ended a process while several cases waited for their answer.
struct Doubt {
    /// The case that had waited longest.
    oldest: usize,
    /// How the process ended.
    how: String,
    /// How many cases at the head of those that are left had been sent, and are acted out one at a time now.
    suspects: usize,
}

impl Program {
    /// Acts a group of cases out; what each was answered with stands beside its index.
    pub async fn act(
        &self,
        group: &Group<'_>,
        cases: &[&Case],
        setting: Setting<'_>,
    ) -> Result<Vec<(usize, Observation)>> {
        let mut observations = Vec::with_capacity(group.cases.len());
        let mut left = group.cases.clone();
        let mut doubt: Option<Doubt> = None;
        let mut fruitless = 0;
        while !left.is_empty() {
            let (batch, window) = match &doubt {
                Some(doubt) => (&left[..doubt.suspects], 1),
                None => (&left[..], self.window),
            };
            let batch = batch.to_vec();
            let mut talk = self.converse(group, cases, &batch, window, setting).await?;
            fruitless = if talk.answers.is_empty() { fruitless + 1 } else { 0 };
            let is_waiting = |index: &&usize| !talk.answers.contains_key(*index);
            let unanswered = batch.iter().filter(is_waiting).count();
            let waiting = talk.sent.iter().filter(is_waiting).count();
            left.retain(|index| match talk.answers.remove(index) {
                Some(observation) => {
                    observations.push((*index, observation));
                    false
                }
                None => true,
            });
            if unanswered == 0 {
                // Alone, each was answered: the process was not ended by any one of them, and yet it ended.
                if let Some(Doubt { oldest, how, .. }) = doubt.take() {
                    blame(&mut observations, oldest, format!("once, and not again, {how}"));
                }
                // Whatever is said behind the last answer is nobody's, so the last has to stand for it.
                if let (End::Nonsense(why), Some(&last)) = (&talk.end, batch.last()) {
                    blame(&mut observations, last, why.clone());
                }
                continue;
            }
            let how = self.told(&talk.end);
            let is_hopeless = talk.hello.is_none() || fruitless >= MOST_FRUITLESS;
            let is_in_order = self.manifest.launch == LaunchBy::Arguments;
            if !is_hopeless && !is_in_order && doubt.is_none() && waiting > 1 {
                let oldest = left[0];
                doubt = Some(Doubt { oldest, how, suspects: waiting });
                continue;
            }
            // Now the first without an answer is to blame: it was alone, or a runtime acts in order.
            doubt = None;
            let culprit = left[0];
            let (observation, ended_at_launch) =
                self.verdict(talk, culprit, group, cases, setting).await?;
            // Nothing of the launch depends on the script, so where that fails the others would end alike.
            let ended = if ended_at_launch || fruitless >= MOST_FRUITLESS { left.len() } else { 1 };
            observations.extend(left.drain(..ended).map(|index| (index, observation.clone())));
        }
        Ok(observations)
    }

    /// What the end of a process means for the case that ended it, and whether it ended before it had begun.
    async fn verdict(
        &self,
        talk: Conversation,
        culprit: usize,
        group: &Group<'_>,
        cases: &[&Case],
        setting: Setting<'_>,
    ) -> Result<(Observation, bool)> {
        let at_launch = talk.hello.is_none();
        let broke = Observation::Broke(self.told(&talk.end));
        Ok(match talk.end {
            End::Refused(refused) => (Observation::Refused(refused), at_launch),
            End::Exited(_) | End::Silent | End::Nonsense(_) => (broke, at_launch),
            End::Died(how) => {
                let again = self.converse(group, cases, &[culprit], 1, setting).await?;
                let at_launch = at_launch && again.hello.is_none();
                match again.end {
                    End::Died(twice) if twice == how => (Observation::Crashed(how), at_launch),
                    _ => {
                        let how = format!("it died once, and not again: it {how}");
                        (Observation::Broke(how), at_launch)
                    }
                }
            }
        })
    }

    /// How a process ended, in words.
    fn told(&self, end: &End) -> String {
        match end {
            End::Exited(how) => format!("it had not answered, and {how}"),
            End::Refused(_) => "it was refused".to_owned(),
            End::Died(how) => format!("it {how}"),
            End::Silent => format!("it was silent for {} s", self.patience.as_secs()),
            End::Nonsense(why) => why.clone(),
        }
    }
}

/// Takes a case's answer away, because there is no telling what it is worth.
fn blame(observations: &mut [(usize, Observation)], culprit: usize, why: String) {
    if let Some((_, observation)) = observations.iter_mut().find(|(index, _)| *index == culprit) {
        *observation = Observation::Broke(why);
    }
}
