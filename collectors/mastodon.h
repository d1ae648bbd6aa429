/*
 * mastodon.h - hashtag timelines of a server that speaks the Mastodon API.
 */
#ifndef COLLECTORS_MASTODON_H
#define COLLECTORS_MASTODON_H

#include "collectors/collector.h"

extern const struct collector_ops mastodon_collector;

#endif
