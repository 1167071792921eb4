/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* netbondctl hash: which slave a flow leaves by, why, and what would be otherwise. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "cli/args.h"
#include "cli/client.h"
#include "cli/problems.h"
#include "cli/spread.h"
#include "cli/table.h"

/* One question: a flow and its frame. */
struct question {
	struct json_object *bond; /* borrowed */
	struct nb_hash_bond view;
	struct nb_flow flow;
	uint8_t room[NB_FLOW_BYTES];
	struct nb_frame frame;
	unsigned missing;    /* enum nb_hash_flags: MACs that nobody knows */
	struct nb_text path; /* where the MACs come from, or why they are missing */
};

static void join_words(const struct nbc_args *args, struct nb_text *out)
{
	for (size_t i = 1; i < args->n_words; i++)
		nb_text_add(out, "%s%s", i > 1 ? " " : "", args->words[i]);
}

/* The daemon's answer about the way to the destination; a refusal is no failure here. */
static void ask_way(struct nbc_client *c, struct question *q)
{
	NB_CLEANUP(nbc_message_unrefp) sd_bus_message *reply = NULL;
	NB_CLEANUP(nb_text_done) struct nb_text to = { 0 };
	const char *device, *via, *mac, *source;
	sd_bus_error error = SD_BUS_ERROR_NULL;
	const char *key = nbc_get_text(q->bond, "key");
	int r;

	nb_ip_format(&q->flow.dst, &to);
	r = sd_bus_call_method(c->bus, c->direct ? NULL : NBC_BUS_NAME, NBC_BUS_PATH, NBC_BUS_MANAGER,
		"NextHop", &error, &reply, "ss", *key ? key : nbc_get_text(q->bond, "name"),
		nbc_text_of(&to));
	if (r < 0)
		nb_text_add(&q->path, "%s", error.message ? error.message : strerror(-r));
	sd_bus_error_free(&error);
	if (r < 0 || sd_bus_message_read(reply, "ssss", &device, &via, &mac, &source) < 0)
		return;
	if (!q->flow.has_src_mac && nb_mac_parse(source, q->flow.src_mac) == 0)
		q->flow.has_src_mac = true;
	if (!q->flow.has_dst_mac && nb_mac_parse(mac, q->flow.dst_mac) == 0)
		q->flow.has_dst_mac = true;
	if (*mac)
		nb_text_add(&q->path, "%s on %s is %s", via, device, mac);
	else
		nb_text_add(&q->path, "the MAC of %s on %s is not known to the kernel", via, device);
}

static void find_macs(struct nbc_client *c, struct question *q)
{
	if (q->flow.dst.family && q->flow.ethertype != 0x0806 &&
		(!q->flow.has_src_mac || !q->flow.has_dst_mac))
		ask_way(c, q);
	if (!q->flow.has_src_mac && nb_mac_parse(nbc_get_text(q->bond, "mac"), q->flow.src_mac) == 0)
		q->flow.has_src_mac = true;
	q->missing = (q->flow.has_src_mac ? 0 : NB_HASH_SRC_MAC) |
		     (q->flow.has_dst_mac ? 0 : NB_HASH_DST_MAC);
	nb_flow_frame(&q->flow, q->room, &q->frame);
}

/* The choice, unless it depends on a MAC that is not known. */
static struct nb_choice choose(const struct nb_hash_bond *view, const struct question *q)
{
	struct nb_choice choice = nb_hash_choose(view, &q->frame);

	if ((choice.uses & q->missing) && choice.usable > 1)
		return (struct nb_choice){ .kind = NB_CHOICE_UNKNOWN, .uses = choice.uses,
			.usable = choice.usable, .why = "the hash is made of a MAC that is not known" };
	return choice;
}

static void say_hash(const struct nb_choice *choice, struct nb_text *out)
{
	if (choice->hashed)
		nb_text_add(out, "0x%08x", choice->hash);
	else
		nb_text_add(out, "-");
}

static void say_reason(const struct question *q, const struct nb_choice *choice, struct nb_text *out)
{
	const bool by_policy = choice->hashed && choice->usable > 1;

	nb_text_add(out, "mode %s", nb_mode_name(q->view.mode));
	if (by_policy)
		nb_text_add(out, ", %s: hash 0x%08x modulo %zu usable slaves is %zu",
			nb_hash_policy_name(q->view.policy), choice->hash, choice->usable,
			choice->hash % choice->usable);
	if (!by_policy || choice->kind == NB_CHOICE_UNKNOWN)
		nb_text_add(out, ": %s", choice->why);
	if (choice->uses & q->missing && q->path.length)
		nb_text_add(out, ": %s; write src-mac and dst-mac behind the flow, or ping the "
				 "destination first", nbc_text_of(&q->path));
	else if (choice->uses && q->path.length)
		nb_text_add(out, "; %s", nbc_text_of(&q->path));
	if (choice->unless_socket)
		nb_text_add(out, "; a packet without it (of a virtual machine, bridged) leaves by %s",
			q->view.slaves[choice->slave].name);
}

static const struct nbc_column policy_columns[] = { { "POLICY" }, { "HASH" }, { "SLAVE" }, { "" } };
static const struct nbc_column down_columns[] = { { "WITHOUT" }, { "SLAVE" },
	{ "", .least = 30 } };

static void add_row(struct nbc_table *table, const char *name, const struct nb_hash_bond *view,
	const struct nb_choice *choice, const char *note)
{
	NB_CLEANUP(nb_text_done) struct nb_text hash = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text slave = { 0 };

	say_hash(choice, &hash);
	nbc_say_choice(view, choice, &slave);
	if (table->n_columns == 4)
		nbc_table_add(table, (const char *const[]){
			name, nbc_text_of(&hash), nbc_text_of(&slave), note });
	else
		nbc_table_add(table, (const char *const[]){ name, nbc_text_of(&slave), note });
}

static void print_policies(const struct nbc *nbc, const struct question *q)
{
	NB_CLEANUP(nbc_table_done) struct nbc_table table = {
		.columns = policy_columns, .n_columns = NB_ARRAY_SIZE(policy_columns)
	};
	struct nb_hash_bond view = q->view;

	for (view.policy = 0; view.policy < NB_HASH_POLICIES; view.policy++) {
		struct nb_choice choice = choose(&view, q);

		add_row(&table, nb_hash_policy_name(view.policy), &view, &choice,
			view.policy == q->view.policy ? "in use" : "");
	}
	fputc('\n', nbc->out);
	nbc_table_print(&table, nbc);
}

/* The choice when one more slave is down. */
static struct nb_choice choose_without(const struct question *q, size_t down)
{
	struct nb_hash_bond view;
	struct nb_choice choice;

	if (nb_hash_bond_lose(&q->view, down, &view) < 0)
		nbc_die_of_memory();
	choice = choose(&view, q);
	nb_hash_bond_done(&view);
	return choice;
}

static void print_without(const struct nbc *nbc, const struct question *q)
{
	NB_CLEANUP(nbc_table_done) struct nbc_table table = {
		.columns = down_columns, .n_columns = NB_ARRAY_SIZE(down_columns)
	};

	for (size_t i = 0; i < q->view.n_slaves; i++) {
		struct nb_choice choice;

		if (!q->view.slaves[i].usable)
			continue;
		choice = choose_without(q, i);
		/* The arithmetic has been told above. */
		add_row(&table, q->view.slaves[i].name, &q->view, &choice,
			choice.hashed ? "" : choice.why);
	}
	if (table.n_cells == 0)
		return;
	fputc('\n', nbc->out);
	nbc_table_print(&table, nbc);
}

static void print_text(const struct nbc *nbc, const struct question *q,
	const struct nb_choice *choice)
{
	NB_CLEANUP(nb_text_done) struct nb_text head = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text why = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text slave = { 0 };

	nbc_bond_title(q->bond, &head);
	nb_text_add(&head, ": ");
	nb_flow_format(&q->flow, &head);
	nbc_say_choice(&q->view, choice, &slave);
	if (choice->kind == NB_CHOICE_UNKNOWN)
		nb_text_add(&head, ": the slave cannot be known");
	else if (choice->kind == NB_CHOICE_NONE)
		nb_text_add(&head, " is dropped");
	else
		nb_text_add(&head, " leaves by %s%s", nbc_text_of(&slave),
			choice->kind == NB_CHOICE_ALL ? " usable slaves" : "");
	nbc_wrap(nbc, nbc->out, nbc_text_of(&head), 0, 0);
	say_reason(q, choice, &why);
	fputs("  ", nbc->out);
	nbc_wrap(nbc, nbc->out, nbc_text_of(&why), 2, 2);
	if (nbc_hash_by_policy(&q->view))
		print_policies(nbc, q);
	print_without(nbc, q);
}

static struct json_object *choice_document(const struct nb_hash_bond *view,
	const struct nb_choice *choice)
{
	static const char *const kinds[] = { [NB_CHOICE_ONE] = "one", [NB_CHOICE_ALL] = "all",
		[NB_CHOICE_NONE] = "none", [NB_CHOICE_UNKNOWN] = "unknown" };
	struct json_object *doc = nb_json_map();
	const bool named = choice->kind == NB_CHOICE_ONE || choice->unless_socket;

	nb_json_set_string(doc, "leaves-by", kinds[choice->kind]);
	nb_json_set_string(doc, choice->unless_socket ? "unless-socket-hash" : "slave",
		named ? view->slaves[choice->slave].name : NULL);
	if (choice->hashed)
		nb_json_set_number(doc, "hash", choice->hash);
	nb_json_set_string(doc, "why", choice->why);
	return doc;
}

static void print_document(const struct nbc *nbc, enum nbc_format format, const struct question *q,
	const struct nb_choice *choice)
{
	NB_CLEANUP(nb_json_putp) struct json_object *doc = nbc_hash_document(q->bond, &q->view);
	NB_CLEANUP(nb_text_done) struct nb_text flow = { 0 };
	struct json_object *policies = nb_json_map(), *without = nb_json_map();
	struct nb_hash_bond view = q->view;

	nb_flow_format(&q->flow, &flow);
	nb_json_set_string(doc, "flow", nbc_text_of(&flow));
	nb_json_set(doc, "choice", choice_document(&view, choice));
	for (view.policy = 0; nbc_hash_by_policy(&view) && view.policy < NB_HASH_POLICIES; view.policy++) {
		struct nb_choice other = choose(&view, q);

		nb_json_set(policies, nb_hash_policy_name(view.policy),
			choice_document(&view, &other));
	}
	nb_json_set(doc, "policies", policies);
	for (size_t i = 0; i < view.n_slaves; i++) {
		struct nb_choice other = choose_without(q, i);

		nb_json_set(without, view.slaves[i].name, choice_document(&q->view, &other));
	}
	nb_json_set(doc, "without", without);
	nbc_doc_print(nbc, format, doc);
}

static int answer(const struct nbc *nbc, const struct nbc_args *args, struct nbc_client *client,
	struct question *q)
{
	NB_CLEANUP(nb_text_done) struct nb_text words = { 0 };
	NB_CLEANUP(nb_text_done) struct nb_text why = { 0 };
	struct nb_choice choice;

	join_words(args, &words);
	if (nb_flow_parse(words.text ? words.text : "", &q->flow, &why) < 0) {
		nbc_tell(nbc, "%s", nbc_text_of(&why));
		return NBC_ERROR;
	}
	find_macs(client, q);
	choice = choose(&q->view, q);
	if (args->format == NBC_TEXT)
		print_text(nbc, q, &choice);
	else
		print_document(nbc, args->format, q, &choice);
	return choice.kind == NB_CHOICE_UNKNOWN ? NBC_DIFFERS : NBC_OK;
}

/* All flows of a capture */

#define FLOWS_SHOWN 20

static const struct nbc_column flow_columns[] = {
	{ "SLAVE" }, { "FRAMES" }, { "BYTES" }, { "FLOW", .least = 30 }
};

static void print_flows(const struct nbc *nbc, const struct nb_hash_bond *view,
	const struct nbc_capture *capture)
{
	NB_CLEANUP(nbc_table_done) struct nbc_table table = {
		.columns = flow_columns, .n_columns = NB_ARRAY_SIZE(flow_columns)
	};

	for (size_t i = 0; i < NB_MIN(capture->n_flows, FLOWS_SHOWN); i++) {
		const struct nbc_flow *flow = capture->flows[i];
		const struct nb_choice choice = nb_hash_choose(view, &flow->frame);
		NB_CLEANUP(nb_text_done) struct nb_text slave = { 0 };
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };
		char frames[24], bytes[24];

		nbc_say_choice(view, &choice, &slave);
		nb_flow_format(&flow->flow, &text);
		snprintf(frames, sizeof(frames), "%" PRIu64, flow->frames);
		snprintf(bytes, sizeof(bytes), "%" PRIu64, flow->bytes);
		nbc_table_add(&table, (const char *const[]){
			nbc_text_of(&slave), frames, bytes, nbc_text_of(&text) });
	}
	nbc_table_print(&table, nbc);
	if (capture->n_flows > FLOWS_SHOWN)
		fprintf(nbc->out, "and %zu smaller ones (-o json has all)\n",
			capture->n_flows - FLOWS_SHOWN);
}

static void print_flows_document(const struct nbc *nbc, enum nbc_format format,
	struct json_object *bond, const struct nb_hash_bond *view,
	const struct nbc_capture *capture)
{
	NB_CLEANUP(nb_json_putp) struct json_object *doc = nbc_hash_document(bond, view);
	struct json_object *flows = nb_json_list();

	for (size_t i = 0; i < capture->n_flows; i++) {
		const struct nbc_flow *flow = capture->flows[i];
		const struct nb_choice choice = nb_hash_choose(view, &flow->frame);
		struct json_object *one = nb_json_map();
		NB_CLEANUP(nb_text_done) struct nb_text text = { 0 };

		nb_flow_format(&flow->flow, &text);
		nb_json_set_string(one, "flow", nbc_text_of(&text));
		nb_json_set_number(one, "frames", (int64_t)flow->frames);
		nb_json_set_number(one, "bytes", (int64_t)flow->bytes);
		nb_json_set(one, "choice", choice_document(view, &choice));
		nb_json_add(flows, one);
	}
	nb_json_set(doc, "flows", flows);
	nbc_doc_print(nbc, format, doc);
}

static int answer_capture(const struct nbc *nbc, const struct nbc_args *args,
	const struct nbc_objects *objects, struct json_object *bond,
	const struct nb_hash_bond *view)
{
	NB_CLEANUP(nbc_capture_done) struct nbc_capture capture = { 0 };

	if (args->n_words > 1) {
		nbc_tell(nbc, "--flows takes the flows from a file: give no other");
		return NBC_ERROR;
	}
	if (nbc_capture_of_bond(nbc, nbc_args_value(args, NBC_FLOWS), objects, bond, &capture) < 0)
		return NBC_ERROR;
	if (args->format != NBC_TEXT) {
		print_flows_document(nbc, args->format, bond, view, &capture);
		return NBC_OK;
	}
	print_flows(nbc, view, &capture);
	nbc_capture_tell(nbc, &capture);
	return NBC_OK;
}

int nbc_hash(struct nbc *nbc, const struct nbc_args *args)
{
	NB_CLEANUP(nbc_client_done) struct nbc_client client = { 0 };
	NB_CLEANUP(nbc_objects_done) struct nbc_objects objects = { 0 };
	struct question q = { 0 };
	int status = NBC_ERROR;

	if (nbc_client_open(&client, nbc, args) < 0 || nbc_objects_get(&client, &objects) < 0)
		return NBC_ERROR;
	q.bond = nbc_hash_one(nbc, &objects, args);
	if (!q.bond)
		return NBC_ERROR;
	nbc_hash_bond(&objects, q.bond, &q.view);
	if (nbc_args_has(args, NBC_FLOWS))
		status = answer_capture(nbc, args, &objects, q.bond, &q.view);
	else
		status = answer(nbc, args, &client, &q);
	nb_hash_bond_done(&q.view);
	nb_text_done(&q.path);
	return status;
}
