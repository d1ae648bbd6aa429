#include "daemon/verb.h"

extern const struct verb verb_run, verb_check, verb_score, verb_train, verb_spikes, verb_replay,
    verb_why, verb_plan, verb_apply, verb_rollback, verb_backtest, verb_rules, verb_outbox,
    verb_pause, verb_resume, verb_alerts, verb_people, verb_sources, verb_status, verb_import,
    verb_export, verb_bench;

const struct verb *const verb_registry[] = {
    &verb_run,
    &verb_check,
    &verb_score,
    &verb_train,
    &verb_spikes,
    &verb_replay,
    &verb_why,
    &verb_plan,
    &verb_apply,
    &verb_rollback,
    &verb_backtest,
    &verb_rules,
    &verb_outbox,
    &verb_pause,
    &verb_resume,
    &verb_alerts,
    &verb_people,
    &verb_sources,
    &verb_status,
    &verb_import,
    &verb_export,
    &verb_bench,
    NULL,
};
