/*
 * The list of what there is.  Adding one: docs/internals/adding-a-collector.md.
 */
#include "collectors/collector.h"

#include "collectors/feed.h"
#include "collectors/mastodon.h"
#include "collectors/replay.h"

const struct collector_ops *const collector_registry[] = {
    &replay_collector, &feed_collector, &mastodon_collector, NULL};
