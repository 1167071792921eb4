/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cli/spread.h"

#include <inttypes.h>
#include <string.h>

#include "cli/term.h"

int nbc_capture_of_bond(const struct nbc *nbc, const char *path, const struct nbc_objects *objects,
	struct json_object *bond, struct nbc_capture *ret)
{
	const size_t n = nbc_list_length(bond, "slaves");
	NB_CLEANUP(nb_freep) uint8_t(*macs)[6] = calloc(n + 1, sizeof(*macs));
	size_t n_macs = 0;

	if (!macs)
		nbc_die_of_memory();
	n_macs += nb_mac_parse(nbc_get_text(bond, "mac"), macs[0]) == 0;
	/* Slaves send under a MAC of their own in balance-tlb and balance-alb. */
	for (size_t i = 0; i < n; i++) {
		struct json_object *slave =
			nbc_slave_of(objects, bond, nbc_list_text(bond, "slaves", i));

		n_macs += nb_mac_parse(nbc_get_text(slave, "mac"), macs[n_macs]) == 0;
	}
	return nbc_capture_read(nbc, path, (const uint8_t(*)[6])macs, n_macs, ret);
}

void nbc_capture_tell(const struct nbc *nbc, const struct nbc_capture *capture)
{
	NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

	nb_text_add(&text, "flows: %zu, frames: %" PRIu64, capture->n_flows, capture->frames);
	if (capture->all)
		nb_text_add(&text, "; none of them came from a MAC of the bond, so all are taken as if "
				   "it sent them");
	else if (capture->foreign)
		nb_text_add(&text, "; left out, as others sent them: %" PRIu64, capture->foreign);
	nbc_wrap(nbc, nbc->out, nbc_text_of(&text), 0, 0);
}

static void add(struct nbc_share *share, const struct nbc_flow *flow)
{
	share->flows++;
	share->frames += flow->frames;
	share->bytes += flow->bytes;
}

void nbc_spread(
	const struct nb_hash_bond *bond, const struct nbc_capture *capture, struct nbc_spread *ret)
{
	*ret = (struct nbc_spread){ .slaves = calloc(bond->n_slaves + 1, sizeof(*ret->slaves)),
		.n_slaves = bond->n_slaves };
	if (!ret->slaves)
		nbc_die_of_memory();
	for (size_t i = 0; i < bond->n_slaves; i++)
		ret->usable += bond->slaves[i].usable;
	for (size_t i = 0; i < capture->n_flows; i++) {
		const struct nbc_flow *flow = capture->flows[i];
		const struct nb_choice choice = nb_hash_choose(bond, &flow->frame);

		for (size_t k = 0; choice.kind == NB_CHOICE_ALL && k < bond->n_slaves; k++)
			if (bond->slaves[k].usable)
				add(&ret->slaves[k], flow);
		if (choice.kind == NB_CHOICE_ONE)
			add(&ret->slaves[choice.slave], flow);
		else if (choice.kind != NB_CHOICE_ALL)
			add(&ret->unknown, flow);
	}
}

unsigned nbc_spread_skew(const struct nbc_spread *spread)
{
	uint64_t most = 0, sum = 0;

	for (size_t i = 0; i < spread->n_slaves; i++) {
		most = NB_MAX(most, spread->slaves[i].bytes);
		sum += spread->slaves[i].bytes;
	}
	return sum && spread->usable ? (unsigned)(most * 100 * spread->usable / sum) : 0;
}

void nbc_spread_done(struct nbc_spread *spread)
{
	free(spread->slaves);
	*spread = (struct nbc_spread){ 0 };
}
