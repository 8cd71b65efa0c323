"""Keeps sessions of a TigerBeetle server busy with pending transfers from one hot SKU, and prints what came of it as a line of JSON.

The SKU is two accounts: what is available, whose debits must not exceed its credits, and what is held. A hold is a pending transfer
of one unit from the one to the other, with a timeout. It knows the server's protocol through the `tigerbeetle` wheel only.
"""

import argparse
import ctypes
import json
import logging
import os
import signal
import sys
import threading
import time
from array import array
from importlib.metadata import version

import tigerbeetle as tb
from tigerbeetle import bindings

SUPPLIER, AVAILABLE, HELD = 1, 2, 3
ON_HAND = 1_000_000_000
TIMEOUT_S = 600
LEDGER = CODE = 1
# The most transfers that a request of a server with its own settings holds.
MOST = 8_189
# What is not over so long after it should be is given up.
PATIENCE_S = 60


class Status(ctypes.Structure):
    """What the server says of one transfer. The wheel would make an object of it and an enum."""

    _fields_ = bindings.CCreateTransferResult._fields_

    def to_python(self):
        return self.status


class Session:
    """A client of its own, for those who share one have their requests joined; one request at a time."""

    def __init__(self, address, number, size):
        self.client = tb.ClientSync(cluster_id=0, replica_addresses=address)
        # As with the server's own ids, the time leads, so that they rise.
        self.ids_high = time.time_ns() // 1_000_000 << 16 | number
        self.next_id = 0
        # Made once: converting Transfers one by one takes 20 us each, and would be most of what is measured.
        self.type = bindings.CTransfer * size
        self.batch = self.type(*(bindings.CTransfer.from_param(hold()) for _ in range(size)))
        words = memoryview(self.batch).cast("B").cast("Q")
        words_of_one = ctypes.sizeof(bindings.CTransfer) // 8
        self.id_low, id_high = words[0::words_of_one], words[1::words_of_one]
        id_high[:] = array("Q", [self.ids_high]) * size
        self.latencies = []
        self.error = None

    def request(self):
        """One batch of new holds; how many seconds it took."""
        size = len(self.batch)
        self.id_low[:] = array("Q", range(self.next_id + 1, self.next_id + 1 + size))
        self.next_id += size
        sent = time.perf_counter()
        # What create_transfers does, but for the conversions: the one event is the whole batch.
        statuses = self.client._submit(bindings.Operation.CREATE_TRANSFERS, [self.batch], self.type, Status)
        taken = time.perf_counter() - sent
        made = statuses.count(tb.CreateTransferStatus.CREATED)
        if made != size:
            other = next((status for status in statuses if status != tb.CreateTransferStatus.CREATED), None)
            raise Unexpected(f"{made} of {size} holds were made, one was answered with {name_of(other)}")
        return taken

    def work(self, begin, end):
        """Until the end; what was answered since the beginning counts."""
        try:
            while (now := time.perf_counter()) < end:
                taken = self.request()
                if begin <= now + taken < end:
                    self.latencies.append(taken)
        except Exception as error:
            self.error = error


class Unexpected(Exception):
    """An answer that no run may have."""


def name_of(status):
    return "nothing" if status is None else tb.CreateTransferStatus(status).name


def hold():
    return tb.Transfer(
        debit_account_id=AVAILABLE, credit_account_id=HELD, amount=1, timeout=TIMEOUT_S, ledger=LEDGER, code=CODE,
        flags=tb.TransferFlags.PENDING,
    )


def prepare(address):
    """The accounts, and units on hand; again on the same server it changes nothing."""
    limited = tb.AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS
    flags = {SUPPLIER: tb.AccountFlags.NONE, AVAILABLE: limited, HELD: tb.AccountFlags.NONE}
    accounts = [tb.Account(id=id, ledger=LEDGER, code=CODE, flags=flags) for id, flags in flags.items()]
    supply = tb.Transfer(
        id=1, debit_account_id=SUPPLIER, credit_account_id=AVAILABLE, amount=ON_HAND, ledger=LEDGER, code=CODE
    )
    client = tb.ClientSync(cluster_id=0, replica_addresses=address)
    answers = client.create_accounts(accounts) + client.create_transfers([supply])
    for answer in answers:
        if answer.status.name not in ("CREATED", "EXISTS"):
            raise Unexpected(f"laying in the stock was answered with {answer.status.name}")


def measure(arguments):
    prepare(arguments.address)
    sessions = [Session(arguments.address, number, arguments.batch) for number in range(arguments.sessions)]
    begin = time.perf_counter() + arguments.warm_up
    end = begin + arguments.seconds
    threads = [threading.Thread(target=session.work, args=(begin, end), daemon=True) for session in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for session in sessions:
        if session.error:
            raise session.error
    return summary(arguments, [latency for session in sessions for latency in session.latencies])


def summary(arguments, latencies):
    """The figures in the form of the program `load`; a latency is a batch's."""
    latencies = sorted(latencies)

    def quantile(fraction):
        return latencies[min(int(len(latencies) * fraction), len(latencies) - 1)] * 1e6 if latencies else 0.0

    held = len(latencies) * arguments.batch
    return {
        "target": arguments.name, "connections": arguments.sessions, "seconds": float(arguments.seconds), "requests": held,
        "rate": round(held / arguments.seconds), "p50_us": quantile(0.5), "p99_us": quantile(0.99),
        "p999_us": quantile(0.999), "max_us": quantile(1.0), "errors": 0,
    }


def number_within(least, most):
    def parse(text):
        number = int(text)
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"{number} is not within {least} to {most}")
        return number
    return parse


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", required=True, help="HOST:PORT of the server, of cluster 0")
    parser.add_argument("--name", default="tigerbeetle", help="the name in the result")
    parser.add_argument("--batch", type=number_within(1, MOST), default=MOST, help="transfers in a request (%(default)s)")
    parser.add_argument("--sessions", type=number_within(1, 60), default=1, help="requests under way at once (%(default)s)")
    parser.add_argument("--seconds", type=number_within(1, 600), default=5, help="while it is measured (%(default)s)")
    parser.add_argument("--warm-up", type=number_within(0, 60), default=1, help="seconds before that (%(default)s)")
    return parser.parse_args()


def give_up(_signal, _frame):
    raise Unexpected(f"the server has not answered for {PATIENCE_S} s")


def main():
    arguments = parse_arguments()
    # It tells each attempt to connect; what matters comes as an exception.
    logging.getLogger("tigerbeetle").setLevel(logging.CRITICAL)
    signal.signal(signal.SIGALRM, give_up)
    signal.alarm(arguments.warm_up + arguments.seconds + PATIENCE_S)
    try:
        print(json.dumps(measure(arguments)), flush=True)
        code = 0
    except (tb.ClientReleaseTooHighError, tb.ClientReleaseTooLowError) as error:
        client = version("tigerbeetle")
        print(
            f"{error} The server must be of release {client} or a later one that still takes clients of {client}: both sides "
            "of a comparison have one meaning then. Another client is pinned in scripts/requirements-tigerbeetle.txt.",
            file=sys.stderr,
        )
        code = 2
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        code = 2
    # Sessions that wait for a server in native code would keep the interpreter from ending.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
