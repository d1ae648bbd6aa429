/*
 * policy_internal.h - which addresses requests may go to.  Immutable once made; any thread.
 *
 * Judged is always the address a connection is made to, never only the name: names can point
 * anywhere.
 */
#ifndef PLATFORM_POLICY_INTERNAL_H
#define PLATFORM_POLICY_INTERNAL_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

struct err;
struct http_policy;
struct policy;

/* An IPv4 address is kept as the IPv6 address it maps to, so that both spellings are one. */
struct net_address {
	uint8_t bytes[16];
};

#define NET_ADDRESS_TEXT_MAX 46

bool net_address_parse(const char *text, struct net_address *out);
bool net_address_from_sockaddr(const struct sockaddr *sa, struct net_address *out);
const char *net_address_text(const struct net_address *a, char out[NET_ADDRESS_TEXT_MAX]);
bool net_address_is_v4(const struct net_address *a);

/* allowed may be NULL: nothing private then.  ERR_INPUT for an entry that is neither address,
 * network nor name. */
int policy_new(const struct http_policy *allowed, struct policy **policy_r, struct err *err);
void policy_free(struct policy *p);
bool policy_allows_address(const struct policy *p, const struct net_address *a);
/* Is this very name listed?  Then its addresses are not asked about. */
bool policy_allows_host(const struct policy *p, const char *host);

#endif
