/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/sample.h"

#include <errno.h>
#include <time.h>

#include "cli/objects.h"
#include "cli/term.h"

#define USEC 1000000u

static const char *const keys[NBC_COUNTERS] = {
	[NBC_TX_BYTES] = "tx-bytes",
	[NBC_TX_PACKETS] = "tx-packets",
	[NBC_RX_BYTES] = "rx-bytes",
	[NBC_RX_PACKETS] = "rx-packets",
};

const char *nbc_counter_key(enum nbc_counter counter)
{
	return keys[counter];
}

static uint64_t now_usec(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * USEC + (uint64_t)ts.tv_nsec / 1000;
}

static bool is_link(struct json_object *link, struct json_object *bond, const char *slave)
{
	return nb_streq(nbc_get_text(link, "name"), slave) &&
	       nb_streq(nbc_get_text(link, "bond"), nbc_get_text(bond, "name")) &&
	       nb_streq(nbc_get_text(link, "namespace"), nbc_get_text(bond, "namespace"));
}

static void count_slave(struct nbc_sample *sample, size_t at, struct json_object *link)
{
	for (int i = 0; i < NBC_COUNTERS; i++)
		sample->counts[at][i] = nbc_get_number(link, keys[i]);
}

static int ask(struct nbc_client *c, struct json_object **ret)
{
	NB_CLEANUP(nbc_message_unrefp) sd_bus_message *reply = NULL;
	const char *text;
	int r = nbc_client_call(c, NBC_BUS_PATH, NBC_BUS_MANAGER, "Statistics", &reply, "");

	if (r < 0)
		return r;
	r = sd_bus_message_read(reply, "s", &text);
	*ret = r < 0 ? NULL : json_tokener_parse(text);
	return *ret ? 0 : nbc_client_failed(c, r < 0 ? r : -EBADMSG);
}

int nbc_sample_take(struct nbc_client *c, struct json_object *bond, struct nbc_sample *ret)
{
	NB_CLEANUP(nb_json_putp) struct json_object *doc = NULL;
	const size_t n = nbc_list_length(bond, "slaves");
	int r = ask(c, &doc);

	if (r < 0)
		return r;
	*ret = (struct nbc_sample){ .counts = calloc(n + 1, sizeof(*ret->counts)), .usec = now_usec() };
	if (!ret->counts)
		nbc_die_of_memory();
	for (size_t i = 0; i < nbc_list_length(doc, "links"); i++) {
		struct json_object *link = json_object_array_get_idx(nbc_get(doc, "links"), i);

		for (size_t k = 0; k < n; k++)
			if (is_link(link, bond, nbc_list_text(bond, "slaves", k)))
				count_slave(ret, k, link);
	}
	return 0;
}

void nbc_sample_subtract(struct nbc_sample *later, const struct nbc_sample *sooner, size_t n)
{
	for (size_t k = 0; k < n; k++) {
		for (int i = 0; i < NBC_COUNTERS; i++) {
			uint64_t *count = &later->counts[k][i];

			*count = *count >= sooner->counts[k][i] ? *count - sooner->counts[k][i] : 0;
			later->sum[i] += *count;
		}
	}
	later->usec -= sooner->usec;
}

void nbc_sample_done(struct nbc_sample *sample)
{
	free(sample->counts);
	*sample = (struct nbc_sample){ 0 };
}
