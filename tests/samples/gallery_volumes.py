"""Exact volumes of the gallery's parts [m³], worked out from their dimensions apart from the scripts that make them.

The few without a simple formula are OCC's `mass`, as netgen integrates it: `BY_KERNEL_MM3`. The water in the tee was
checked against a quadrature of the intersection of its two cylinders, which agrees to 2e-11.
"""

from math import asin, cos, pi, radians, sin, sqrt, tan

BY_KERNEL_MM3 = {
    "blade": 41546.92220913812,
    "housing": 684847.0022012049,
    "cavity_insert": 563603.061389692,
    "pipe": 923429.0130552594,
    "water": 3393773.144607155,
    "insulation": 3456939.011865427,
    "l_bracket": 69280.90536162752,
}


def box(length, width, height):
    return length * width * height


def cylinder(radius, length):
    return pi * radius**2 * length


def ring(outer, inner, length):
    return cylinder(outer, length) - cylinder(inner, length)


def frustum(low, high, height):
    return pi / 3 * height * (low**2 + low * high + high**2)


def in_mm(volumes):
    """Volumes given in mm³, in m³."""
    return {name: volume * 1e-9 for name, volume in volumes.items()}


def numbered(name, n, volume, *, digits=1):
    """Instances with numbers of their own: coil_01, coil_02."""
    return {f"{name}_{number:0{digits}d}": volume for number in range(1, n + 1)}


def repeated(name, n, volume):
    """The same name in several sub-assemblies: pallet, pallet_2."""
    return {name if number == 1 else f"{name}_{number}": volume for number in range(1, n + 1)}


def power_module():
    fins = 11 * box(120, 2, 30)
    return in_mm(
        {
            "heatsink": box(120, 80, 8) + fins,
            "baseplate": box(90, 60, 3),
            **numbered("solder", 3, box(12, 12, 0.5)),
            **numbered("chip", 3, box(12, 12, 1)),
        }
    )


def pouch_cell():
    tab = box(50, 48, 0.4)
    return in_mm({"cell": box(190, 150, 7.2), "tab_aluminium": tab, "tab_copper": tab})


def l_bracket():
    return in_mm({"l_bracket": BY_KERNEL_MM3["l_bracket"]})


def turbine_blade():
    profile = ((8, 2), (10, 4), (12, 3), (10, 4), (8, 3), (9.25, 2.5), (10.5, 2.5), (8.25, 4.5), (6, 1.5))
    slot = 2 * sum(mean_half_width * height for mean_half_width, height in profile) + 10 * 4
    return in_mm({"blade": BY_KERNEL_MM3["blade"], "disk": 42 * (40 * 46 - slot)})


def motor_stator():
    half_pitch, stack = radians(15), 60
    slot = 2 * (tan(half_pitch) * (50**2 - 35**2) / 2 - 5 * 15)
    gap = 32 * tan(half_pitch) - 6
    inner_end = 2 * (35 * gap - sin(half_pitch) * gap**2 / 2) / cos(half_pitch)
    under_arc = gap * sqrt(32**2 - gap**2) + 32**2 * asin(gap / 32)
    core = ring(60, 32, stack) - 12 * stack * (slot + inner_end - under_arc)
    return in_mm(
        {
            "core": core,
            **numbered("coil", 12, 15 * (2 * 3.2 * stack + pi * (8.2**2 - 5**2)), digits=2),
            **numbered("potting", 12, stack * (slot - 2 * 15 * 3.2), digits=2),
            "housing": BY_KERNEL_MM3["housing"],
            "terminal_box": box(56, 60, 26) - box(46, 50, 21) + cylinder(9, 10),
            "terminal_lid": box(56, 60, 5),
            **repeated("end_shield", 2, ring(67, 16, 8) + ring(24, 16, 6)),
            **repeated("bearing", 2, ring(16, 8, 12)),
        }
    )


def mould_insert():
    taper = tan(radians(2))
    plug = frustum(24, 24 - 42 * taper, 42)
    channel = 4 * 29 + 2 * 55 + 5 * 7 * pi
    sprue = frustum(2 + 1.5 / 26, 3.5, 25)
    return in_mm(
        {
            "cavity_insert": BY_KERNEL_MM3["cavity_insert"],
            **numbered("plug", 2, cylinder(4.5, 6)),
            "core_insert": box(100, 100, 30) + plug - cylinder(3.5, channel),
            "moulding": frustum(27, 27 - 45 * taper, 45) + sprue - plug,
        }
    )


def pipe_tee():
    return in_mm(
        {
            "pipe": BY_KERNEL_MM3["pipe"],
            "water": BY_KERNEL_MM3["water"],
            "insulation": BY_KERNEL_MM3["insulation"],
            "flange_inlet": ring(110, 57.15, 20) - 8 * cylinder(9, 20),
            "flange_outlet": ring(110, 57.15, 20) - 8 * cylinder(9, 20),
            "flange_branch": ring(92.5, 38.05, 18) - 8 * cylinder(9, 18),
        }
    )


def reefer_container():
    length, width, height = 6.058, 2.438, 2.591
    inside_y, inside_z = width - 0.2, height - 0.2
    open_side, open_floor = box(length - 0.32, 0.05, inside_z), box(length - 0.32, inside_y, 0.05)
    core = box(length - 0.1, width - 0.1, height - 0.1)
    ends = 2 * box(0.05, inside_y, inside_z)
    fans = 2 * (cylinder(0.36, 0.16) - cylinder(0.12, 0.14))
    deck = box(length - 0.52, inside_y, 0.06)
    leaf = (inside_y - 0.09) / 2, inside_z - 0.06
    bar = box(0.05, 0.05, inside_z - 0.16)
    pallet = box(1.2, 1.0, 0.05) + 3 * box(1.2, 0.12, 0.1)
    goods = box(1.2, 1.0, 1.7)
    return {
        "frame": box(length, width, height) - core - ends - 2 * open_side - 2 * open_floor,
        "side_left": open_side + box(length - 0.1, 0.05, inside_z),
        "side_right": open_side + box(length - 0.1, 0.05, inside_z),
        "floor": open_floor + box(length - 0.1, width - 0.1, 0.05),
        "roof": open_floor + box(length - 0.1, width - 0.1, 0.05),
        "deck": deck,
        "reefer_unit": box(0.32, inside_y, inside_z) - fans - box(0.2, 1.1, 0.7) - box(0.06, 0.45, 0.5),
        "bulkhead": box(0.1, inside_y, inside_z),
        "door_gasket": 0.05 * (inside_y * inside_z - 2 * leaf[0] * leaf[1]),
        **repeated("door_leaf", 2, box(0.1, *leaf)),
        **repeated("locking_bar_1", 2, bar),
        **repeated("locking_bar_2", 2, bar),
        **repeated("pallet", 8, pallet),
        **repeated("goods", 8, goods),
        "air": box(length - 0.52, inside_y, inside_z) - deck - 8 * (pallet + goods),
    }


def office_floor():
    pane, frame = box(0.72, 0.1, 1.16), box(1.8, 0.1, 1.4) - 2 * box(0.72, 0.1, 1.16)
    door, radiator, rack = box(1, 0.15, 2.1), box(1.4, 0.12, 0.55), box(0.6, 1, 2)
    desk, computer, screen = box(1.8, 0.8, 0.08) + 2 * box(0.08, 0.8, 0.66), box(0.2, 0.45, 0.45), box(0.7, 0.1, 0.46)
    station = desk + computer + screen
    table = box(2.8, 1.2, 0.08) + box(1.8, 0.5, 0.66)
    sofa = box(2.2, 0.9, 0.42) + box(2.2, 0.25, 0.38)
    corridor_wall = box(17.4, 0.15, 3)
    return {
        "floor_slab": box(18, 12, 0.25),
        "ceiling_slab": box(18, 12, 0.25),
        "outer_walls": box(18, 12, 3) - box(17.4, 11.4, 3) - 10 * box(1.8, 0.3, 1.4),
        "partitions_south": corridor_wall + 3 * box(0.15, 4.85, 3) - 4 * door,
        "partitions_north": corridor_wall + box(0.15, 4.45, 3) - 2 * door,
        **repeated("window_frame", 10, frame),
        **repeated("pane_1", 10, pane),
        **repeated("pane_2", 10, pane),
        **numbered("door", 6, door),
        **repeated("desk", 5, desk),
        **repeated("computer", 5, computer),
        **repeated("screen", 5, screen),
        **numbered("radiator", 6, radiator),
        **numbered("server_rack", 3, rack),
        "meeting_table": table,
        "sofa": sofa,
        "air_office_1": box(4, 4.85, 3) - station - radiator,
        "air_office_2": box(4, 4.85, 3) - station - radiator,
        "air_meeting": box(4.75, 4.85, 3) - table - radiator,
        "air_server": box(4.2, 4.85, 3) - 3 * rack,
        "air_corridor": box(17.4, 1.8, 3),
        "air_open_plan": box(11.1, 4.45, 3) - 3 * station - 2 * radiator,
        "air_lounge": box(6.15, 4.45, 3) - sofa - radiator,
    }


def street_block():
    outline = ((16, -46), (27, -47), (33, -40), (30, -32), (20, -30), (14, -37))
    turned = (*outline[1:], outline[0])
    pond = sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in zip(outline, turned, strict=True))
    road = 1.5 * (120 * 12 + 9 * 48)
    basements = {"perimeter_block": box(36, 34, 3), "podium": box(34, 30, 6)}
    court, passage = box(16, 14, 16), box(4.5, 10, 4.5)
    hexagon = 1.5 * sqrt(3)
    crown = sum(hexagon * h / 3 * (a * a + a * b + b * b) for h, a, b in ((2, 2, 3.4), (4, 3.4, 1.6)))
    above = {
        "perimeter_block": box(36, 34, 16) - court - passage,
        "podium": box(34, 30, 9),
        "tower": box(16, 16, 33),
        "plant_room": box(8, 8, 4),
        "corner_office": box(16, 11, 11) + box(9, 19, 11),
        **repeated("house", 6, box(7, 10, 6)),
        **repeated("roof", 6, box(7, 10, 3.5) / 2),
        **numbered("tree", 11, box(1.2, 1.2, 3) + crown),
    }
    return {
        "soil": box(120, 100, 8) - road - pond - sum(basements.values()),
        "road": road,
        "pond": pond,
        **{name: volume + basements.get(name, 0.0) for name, volume in above.items()},
        "air": box(120, 100, 60) - sum(above.values()),
    }


def small_satellite():
    units = {
        "power_unit": (120, 80, 60),
        "computer": (100, 140, 50),
        "transmitter": (90, 120, 45),
        "gps_receiver": (80, 80, 30),
        "payload_processor": (110, 130, 60),
    }
    strings = {}
    for number in range(1, 7):
        strings |= repeated(f"cell_string_{number}", 4, box(100, 130, 5))
    return in_mm(
        {
            "floor_panel": box(440, 440, 15),
            "top_panel": box(440, 440, 15) - cylinder(80, 15),
            "side_panel_left": box(15, 440, 490),
            "side_panel_right": box(15, 440, 490),
            "side_panel_front": box(410, 15, 490),
            "side_panel_back": box(410, 15, 490),
            "deck": box(410, 410, 15),
            "adapter_ring": ring(120, 100, 30),
            "radiator": box(6, 300, 340),
            "battery_pad": box(184, 76, 3),
            "battery_tray": box(184, 76, 103) - box(168, 60, 95),
            "battery_lid": box(184, 76, 8),
            **numbered("battery_cell", 8, box(42, 30, 95)),
            **{name: box(*size) for name, size in units.items()},
            **{f"{name}_pad": box(*size[:2], 3) for name, size in units.items()},
            **numbered("reaction_wheel", 3, cylinder(42, 14) + cylinder(30, 26)),
            "star_tracker": box(70, 70, 40) + ring(28, 20, 60),
            "barrel": ring(80, 72, 330),
            "detector": box(60, 60, 15),
            "mirror": ring(72, 22, 18),
            "lens": cylinder(72, 14),
            **repeated("yoke_arm_1", 2, box(24, 70, 15)),
            **repeated("yoke_arm_2", 2, box(24, 70, 15)),
            **repeated("hinge_1", 2, box(30, 30, 15)),
            **repeated("hinge_2", 2, box(30, 30, 15)),
            **repeated("substrate", 4, box(360, 300, 15)),
            **strings,
        }
    )
