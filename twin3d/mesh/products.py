"""Which parts of an assembly are instances of one product, as its file tells it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from twin3d.mesh.wording import MAX_NAMES, counted, number_text
from twin3d.scene.grouping import group_names

ALIKE = 1e-3
"""Volumes of instances that differ by less, relative to the largest, are told as one."""


@dataclass(frozen=True, slots=True)
class ProductCount:
    """One product and how often it is used."""

    name: str
    """Unique among the products."""
    n_instances: int
    smallest_volume: float
    """Of an instance, all its bodies together, by the geometry [m³]."""
    largest_volume: float
    """Of an instance [m³]; instances differ where overlaps were counted to their neighbours."""
    parts: tuple[str, ...]
    """Names of the parts that are bodies of its instances."""


def count_products(
    part_names: Sequence[str], *, products: Sequence[str], instances: Sequence[int], volumes: Sequence[float]
) -> tuple[ProductCount, ...]:
    """The products of an assembly in the order of its parts.

    Args:
        part_names: Unique.
        products: Name of the product of each part; empty where the file tells none.
        instances: Number of the instance that each part belongs to; -1 where it is one by itself.
        volumes: Of each part [m³].
    """
    bodies: dict[str, dict[tuple[bool, int], list[int]]] = {}
    for part, (product, instance) in enumerate(zip(products, instances, strict=True)):
        if product:
            key = (True, instance) if instance >= 0 else (False, part)
            bodies.setdefault(product, {}).setdefault(key, []).append(part)
    counts = []
    for product, uses in bodies.items():
        sums = [sum(float(volumes[part]) for part in parts) for parts in uses.values()]
        names = tuple(part_names[part] for part in sorted(part for parts in uses.values() for part in parts))
        counts.append(ProductCount(product, len(uses), min(sums), max(sums), names))
    return tuple(counts)


def product_words(products: Sequence[ProductCount], part_names: Sequence[str]) -> Iterator[str]:
    """What to say of the products of an assembly; nothing where the file tells one instance or none.

    Args:
        products: All of them.
        part_names: Of all parts, which tell the globs that match the parts of one product alone.
    """
    n_instances = sum(product.n_instances for product in products)
    if n_instances < 2:
        return
    yield f"{counted(len(products), 'product')} in {n_instances:,} instances"
    repeated = sorted((product for product in products if product.n_instances > 1), key=lambda item: -item.n_instances)
    product_of = {part: product.name for product in products for part in product.parts}
    globs = {group.names: group.glob for group in group_names(part_names, [product_of.get(n, "") for n in part_names])}
    for product in repeated[:MAX_NAMES]:
        glob = f" ({globs[product.parts]})" if product.parts in globs else ""
        yield f"  {product.n_instances:,} instances of {product.name}{glob}, {_volume_text(product)}"
    if len(repeated) > MAX_NAMES:
        yield f"  {len(repeated) - MAX_NAMES} more products of several instances"


def _volume_text(product: ProductCount) -> str:
    low, high = (number_text(volume * 1e9) for volume in (product.smallest_volume, product.largest_volume))
    if product.largest_volume - product.smallest_volume <= ALIKE * product.largest_volume:
        return f"{high} mm³ each"
    return f"{low} to {high} mm³ each"
