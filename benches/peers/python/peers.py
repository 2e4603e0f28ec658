"""SimPy and Ciw on the two workloads of ../src/customers.rs and ../src/burst.rs.

Rule: as the libraries' documentation has it, with Python's own random numbers. Reads a line `LIBRARY WORKLOAD SEED UNITS`
at a time and answers `UNITS WORK HITS CPU_SECONDS WALL_SECONDS`, or `error: REASON`.
"""
import importlib
import random
import sys
import time

SERVERS, SERVICE, RATE, PATIENCE = 6, 1.0, 5.4, 2.0
CONNECTIONS, REQUESTS, BURST_SERVICE, DEADLINE = 5, 16, 2.0, 8.0
# Later than any answer of a load.
HORIZON = 1_000.0


class Counts:
    def __init__(self):
        self.arrived = self.waited = self.abandoned = 0

    def events(self):
        return self.arrived + (self.arrived - self.abandoned) + self.waited


def simpy_customers(simpy, seed, customers):
    draws, counts = random.Random(seed), Counts()
    environment = simpy.Environment()
    servers = simpy.Resource(environment, capacity=SERVERS)

    def customer(service):
        counts.arrived += 1
        with servers.request() as place:
            if not place.triggered:
                counts.waited += 1
                yield place | environment.timeout(PATIENCE)
                if not place.triggered:
                    counts.abandoned += 1
                    return
            yield environment.timeout(service)

    def arrivals():
        for _ in range(customers):
            yield environment.timeout(draws.expovariate(RATE))
            environment.process(customer(draws.expovariate(1 / SERVICE)))

    environment.process(arrivals())
    environment.run()
    return counts.arrived, counts.events(), counts.abandoned


def simpy_loads(simpy, seed, loads):
    draws, failed = random.Random(seed), 0

    def request(environment, connections, service):
        with connections.request() as place:
            if not place.triggered:
                yield place | environment.timeout(DEADLINE)
                if not place.triggered:
                    return True
            yield environment.timeout(service)
        return False

    for _ in range(loads):
        environment = simpy.Environment()
        connections = simpy.Resource(environment, capacity=CONNECTIONS)
        for _ in range(REQUESTS):
            service = draws.expovariate(1 / BURST_SERVICE)
            session = environment.process(request(environment, connections, service))
        failed += environment.run(until=session)
    return loads, loads, failed


def ciw_network(ciw, servers, service, patience, **arrivals):
    return ciw.create_network(
        number_of_servers=[servers],
        service_distributions=[ciw.dists.Exponential(1 / service)],
        reneging_time_distributions=[ciw.dists.Deterministic(patience)],
        **arrivals,
    )


def ciw_customers(ciw, seed, customers):
    ciw.seed(seed)
    arrivals = [ciw.dists.Exponential(RATE)]
    simulation = ciw.Simulation(ciw_network(ciw, SERVERS, SERVICE, PATIENCE, arrival_distributions=arrivals))
    simulation.simulate_until_max_customers(customers, method="Arrive")
    # The few who are still there at the end have no record.
    counts = Counts()
    for record in simulation.get_all_records():
        counts.arrived += 1
        counts.abandoned += record.record_type == "renege"
        counts.waited += record.waiting_time > 0
    return counts.arrived, counts.events(), counts.abandoned


def ciw_loads(ciw, seed, loads):
    ciw.seed(seed)
    network = ciw_network(
        ciw,
        CONNECTIONS,
        BURST_SERVICE,
        DEADLINE,
        arrival_distributions=[ciw.dists.Sequential([0.0, float("inf")])],
        batching_distributions=[ciw.dists.Deterministic(REQUESTS)],
    )
    failed = 0
    for _ in range(loads):
        simulation = ciw.Simulation(network)
        simulation.simulate_until_max_time(HORIZON)
        failed += any(record.id_number == REQUESTS for record in simulation.get_all_records(only=["renege"]))
    return loads, loads, failed


WORKLOADS = {
    ("simpy", "customers"): simpy_customers,
    ("simpy", "loads"): simpy_loads,
    ("ciw", "customers"): ciw_customers,
    ("ciw", "loads"): ciw_loads,
}


def answer(line):
    library, workload, seed, units = line.split()
    try:
        module = importlib.import_module(library)
    except ImportError as error:
        return f"error: {error}"
    cpu, wall = time.process_time(), time.perf_counter()
    counted = WORKLOADS[library, workload](module, int(seed), int(units))
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return " ".join(map(str, [*counted, cpu, wall]))


for line in sys.stdin:
    print(answer(line), flush=True)
