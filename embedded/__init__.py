"""Belfry on one machine: PostgreSQL, Valkey and Belfry's own processes under one parent.

Nothing here imports Django or one of Belfry's apps: the parent starts them as processes of their own.
"""
