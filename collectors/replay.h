/*
 * replay.h - posts from a file or standard input, as fast or as slow as asked.
 */
#ifndef COLLECTORS_REPLAY_H
#define COLLECTORS_REPLAY_H

#include "collectors/collector.h"

extern const struct collector_ops replay_collector;

#endif
