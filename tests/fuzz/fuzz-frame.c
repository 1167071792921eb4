/* SPDX-License-Identifier: LGPL-2.1-or-later */

/*
 * Any bytes as a frame, whole and cut short, as a flow in words, and as the driver's text in /proc:
 * no byte is read that is not there, and a flow that was read is printed so that it reads back.
 */

#include <stdlib.h>
#include <string.h>

#include "lib/core/explain.h"
#include "lib/core/hash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void hash_all(const struct nb_frame *frame)
{
	struct nb_hash_slave slaves[] = { { "e0", true, true }, { "e1", true, false } };

	for (unsigned mode = 0; mode < NB_MODE_COUNT; mode++) {
		for (unsigned policy = 0; policy <= NB_HASH_POLICIES; policy++) {
			const struct nb_hash_bond bond = { .mode = mode, .policy = policy,
				.slaves = slaves, .n_slaves = 2 };
			const struct nb_choice choice = nb_hash_choose(&bond, frame);

			require(choice.slave < 2 && choice.why);
		}
	}
}

static void as_frame(const uint8_t *data, size_t size)
{
	uint8_t *room = malloc(size + 1);
	struct nb_frame frame;
	struct nb_flow flow;

	if (room && nb_frame_init(data, size, size, room, &frame) == 0) {
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		hash_all(&frame);
		frame.length += 100;
		hash_all(&frame);
		nb_flow_read(&frame, &flow);
		nb_flow_format(&flow, &text);
	}
	free(room);
}

static void as_flow(const char *text)
{
	NB_CLEANUP(nb_text_done) struct nb_text why = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text first = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text second = { 0 };
	uint8_t room[NB_FLOW_BYTES];
	struct nb_frame frame;
	struct nb_flow flow;

	if (nb_flow_parse(text, &flow, &why) < 0) {
		require(why.length > 0);
		return;
	}
	nb_flow_frame(&flow, room, &frame);
	hash_all(&frame);
	nb_flow_format(&flow, &first);
	require(nb_flow_parse(first.text, &flow, &why) == 0);
	nb_flow_format(&flow, &second);
	require(nb_streq(first.text, second.text));
}

static void as_proc(const char *text)
{
	static struct nb_state *machine;
	struct nb_port_facts port = { .ifindex = 1 };

	if (!machine) {
		struct nb_link *link = nb_link_new("eth0");

		machine = nb_state_new();
		require(machine && link);
		link->ifindex = 1;
		require(nb_netns_add(machine->namespaces[0], link) == 0);
	}
	nb_findings_proc(text, machine->namespaces[0], &port, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	as_frame(data, size);
	as_flow(text);
	as_proc(text);
	free(text);
	return 0;
}
