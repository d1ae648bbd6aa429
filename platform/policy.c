#include "platform/policy_internal.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "core/err.h"
#include "core/mem.h"
#include "platform/http_client.h"

#define ENTRIES_MAX 1000
#define HOST_MAX 253

/* ---- addresses ----------------------------------------------------------- */

static const uint8_t mapped_prefix[12] = {[10] = 0xff, [11] = 0xff};

static void
set_v4(struct net_address *out, const void *four)
{
	memcpy(out->bytes, mapped_prefix, sizeof mapped_prefix);
	memcpy(out->bytes + 12, four, 4);
}

bool
net_address_parse(const char *text, struct net_address *out)
{
	struct in_addr v4;

	if (inet_pton(AF_INET, text, &v4) == 1) {
		set_v4(out, &v4);
		return true;
	}
	return inet_pton(AF_INET6, text, out->bytes) == 1;
}

bool
net_address_from_sockaddr(const struct sockaddr *sa, struct net_address *out)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (sa->sa_family == AF_INET) {
		memcpy(&v4, sa, sizeof v4);
		set_v4(out, &v4.sin_addr);
		return true;
	}
	if (sa->sa_family != AF_INET6)
		return false;
	memcpy(&v6, sa, sizeof v6);
	memcpy(out->bytes, &v6.sin6_addr, sizeof out->bytes);
	return true;
}

bool
net_address_is_v4(const struct net_address *a)
{
	return memcmp(a->bytes, mapped_prefix, sizeof mapped_prefix) == 0;
}

const char *
net_address_text(const struct net_address *a, char out[NET_ADDRESS_TEXT_MAX])
{
	if (net_address_is_v4(a))
		inet_ntop(AF_INET, a->bytes + 12, out, NET_ADDRESS_TEXT_MAX);
	else
		inet_ntop(AF_INET6, a->bytes, out, NET_ADDRESS_TEXT_MAX);
	return out;
}

/* ---- networks ------------------------------------------------------------ */

struct net {
	struct net_address base;
	unsigned prefix; /* bits of the 128 */
};

static bool
net_holds(const struct net *n, const struct net_address *a)
{
	size_t whole = n->prefix / 8;
	unsigned rest = n->prefix % 8;

	if (memcmp(n->base.bytes, a->bytes, whole) != 0)
		return false;
	return rest == 0 || (n->base.bytes[whole] ^ a->bytes[whole]) >> (8 - rest) == 0;
}

#define V4(a, b, c, d, bits)                                                                       \
	{                                                                                          \
		{{[10] = 0xff, [11] = 0xff, [12] = (a), (b), (c), (d)}}, 96 + (bits)               \
	}

/* IANA's special-purpose registries: what is not out there in public. */
static const struct net special_v4[] = {
    V4(0, 0, 0, 0, 8), /* this network, unspecified */
    V4(10, 0, 0, 0, 8), /* RFC 1918 */
    V4(100, 64, 0, 0, 10), /* carrier-grade NAT */
    V4(127, 0, 0, 0, 8), /* loopback */
    V4(169, 254, 0, 0, 16), /* link-local, cloud metadata */
    V4(172, 16, 0, 0, 12), /* RFC 1918 */
    V4(192, 0, 0, 0, 24), /* protocol assignments */
    V4(192, 0, 2, 0, 24), /* documentation */
    V4(192, 88, 99, 0, 24), /* 6to4 relays */
    V4(192, 168, 0, 0, 16), /* RFC 1918 */
    V4(198, 18, 0, 0, 15), /* benchmarks */
    V4(198, 51, 100, 0, 24), /* documentation */
    V4(203, 0, 113, 0, 24), /* documentation */
    V4(224, 0, 0, 0, 4), /* multicast */
    V4(240, 0, 0, 0, 4), /* reserved, broadcast */
};

/* Public IPv6 is 2000::/3 less these; all else (::1, fc00::/7, fe80::/10, ff00::/8 ...) lies
 * outside of it. */
static const struct net global_v6 = {{{0x20}}, 3};
static const struct net special_v6[] = {
    {{{0x20, 0x01, 0x00}}, 23}, /* protocol assignments, Teredo */
    {{{0x20, 0x01, 0x0d, 0xb8}}, 32}, /* documentation */
    {{{0x3f, 0xff}}, 20}, /* documentation */
};
/* These carry an IPv4 address inside, which is the one that counts. */
static const struct net six_to_four = {{{0x20, 0x02}}, 16};
static const struct net nat64 = {{{0x00, 0x64, 0xff, 0x9b}}, 96};

static bool
is_in(const struct net *nets, size_t count, const struct net_address *a)
{
	for (size_t i = 0; i < count; i++) {
		if (net_holds(&nets[i], a))
			return true;
	}
	return false;
}

static bool
is_public(const struct net_address *a)
{
	struct net_address inner;

	if (net_address_is_v4(a))
		return !is_in(special_v4, sizeof special_v4 / sizeof special_v4[0], a);
	if (net_holds(&six_to_four, a)) {
		set_v4(&inner, a->bytes + 2);
		return is_public(&inner);
	}
	if (net_holds(&nat64, a)) {
		set_v4(&inner, a->bytes + 12);
		return is_public(&inner);
	}
	return net_holds(&global_v6, a) &&
	    !is_in(special_v6, sizeof special_v6 / sizeof special_v6[0], a);
}

/* ---- the policy ---------------------------------------------------------- */

struct policy {
	struct net *nets;
	size_t net_count;
	char **hosts;
	size_t host_count;
};

static bool
is_host_name(struct slice s)
{
	if (s.len == 0 || s.len > HOST_MAX)
		return false;
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			c == '-' || c == '_' || c == '.'))
			return false;
	}
	return true;
}

/* "10.0.0.0/8", "::1", "fd00::/8".  1: it is one; 0: it is none; -1: it has a slash and is wrong.
 */
static int
parse_net(const char *text, struct net *out)
{
	char base[NET_ADDRESS_TEXT_MAX];
	const char *slash = strchr(text, '/');
	size_t len = slash == NULL ? strlen(text) : (size_t)(slash - text);
	long long bits;

	if (len >= sizeof base)
		return slash == NULL ? 0 : -1;
	memcpy(base, text, len);
	base[len] = '\0';
	if (!net_address_parse(base, &out->base))
		return slash == NULL ? 0 : -1;
	out->prefix = 128;
	if (slash == NULL)
		return 1;
	if (!slice_to_i64(slice_of(slash + 1), &bits) || bits < 0 ||
	    bits > (strchr(base, ':') == NULL ? 32 : 128))
		return -1;
	out->prefix = (unsigned)bits + (strchr(base, ':') == NULL ? 96 : 0);
	return 1;
}

static int
policy_add(struct policy *p, const char *entry, struct err *err)
{
	int is_net = parse_net(entry, &p->nets[p->net_count]);

	if (is_net == 1) {
		p->net_count++;
		return 0;
	}
	if (is_net < 0 || !is_host_name(slice_of(entry)))
		return err_set(
		    err, ERR_INPUT, "'%s' is no address, network (10.0.0.0/8) or host name", entry);
	p->hosts[p->host_count] = mem_strdup(entry);
	if (p->hosts[p->host_count] == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the address policy");
	p->host_count++;
	return 0;
}

int
policy_new(const struct http_policy *allowed, struct policy **policy_r, struct err *err)
{
	size_t count = allowed == NULL ? 0 : allowed->allow_private_count;
	struct policy *p;

	if (count > ENTRIES_MAX)
		return err_set(err, ERR_LIMIT, "more than %d allowed addresses", ENTRIES_MAX);
	p = mem_zalloc(sizeof *p);
	if (p == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the address policy");
	p->nets = mem_array(count, sizeof *p->nets);
	p->hosts = mem_array(count, sizeof *p->hosts);
	if (p->nets == NULL || p->hosts == NULL) {
		policy_free(p);
		return err_set(err, ERR_NOMEM, "no memory for the address policy");
	}
	for (size_t i = 0; i < count; i++) {
		if (policy_add(p, allowed->allow_private[i], err) < 0) {
			policy_free(p);
			return -1;
		}
	}
	*policy_r = p;
	return 0;
}

void
policy_free(struct policy *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->host_count; i++)
		mem_free(p->hosts[i]);
	mem_free(p->hosts);
	mem_free(p->nets);
	mem_free(p);
}

bool
policy_allows_address(const struct policy *p, const struct net_address *a)
{
	return is_public(a) || is_in(p->nets, p->net_count, a);
}

bool
policy_allows_host(const struct policy *p, const char *host)
{
	for (size_t i = 0; i < p->host_count; i++) {
		if (strcasecmp(p->hosts[i], host) == 0)
			return true;
	}
	return false;
}
