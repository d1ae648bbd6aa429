/*
 * feed.h - RSS, Atom and JSON feeds, asked for at intervals.
 */
#ifndef COLLECTORS_FEED_H
#define COLLECTORS_FEED_H

#include "collectors/collector.h"

extern const struct collector_ops feed_collector;

#endif
